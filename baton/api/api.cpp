#include "baton/api/api.hpp"

#include "baton/api/answers.hpp"
#include "baton/api/backend.hpp"
#include "baton/api/cors.hpp"
#include "baton/api/database_trouble.hpp"
#include "baton/api/leader_calls.hpp"
#include "baton/api/problem.hpp"
#include "baton/api/rate_limit.hpp"
#include "baton/api/request_log.hpp"
#include "baton/api/routes.hpp"
#include "baton/api/ui.hpp"
#include "baton/pg/error.hpp"

namespace baton::api {

namespace {

/// One that takes longer is in trouble, and whoever holds the calls better looks for another leader.
constexpr auto longest_takeover = std::chrono::seconds(1);
constexpr std::int64_t asset_requests = 100;
constexpr std::int64_t page_requests = 20;
constexpr auto page_period = std::chrono::minutes(1);
constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

void add_security_headers(net::Headers& headers) {
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-DNS-Prefetch-Control", "off");
    headers.set("X-Frame-Options", "DENY");
    headers.set("Strict-Transport-Security", "max-age=5184000; includeSubDomains");
    headers.set("X-Download-Options", "noopen");
    headers.set("X-Xss-Protection", "1; mode=block");
}

net::Response redirect(unsigned status, const std::string& location, const net::Request& request) {
    auto response = answer(status, "", "");
    response.headers.set("Location", request.query.empty() ? location : location + "?" + request.query);
    return response;
}

std::string milliseconds_of(std::chrono::nanoseconds span) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
}

/// The database is away: what this instance knows without it, and when to come again. Who did not log in is
/// told nothing.
net::Response no_database_answer(const LeadershipView& leadership, bool logged_in,
                                 const std::string& reason) {
    std::string detail = "the database cannot be used at the moment, try again shortly; ";
    if (logged_in) {
        detail += "this instance (" + leadership.name() + ") is " + model::to_string(leadership.state()) +
                  ": " + reason;
    } else {
        detail += "the node's log tells why";
    }
    auto response = error_answer(503, detail);
    response.headers.set("Retry-After", "1");
    return response;
}

/// A call that only the leader may do and that was not done: who leads, and when to come again. Who did not
/// log in is not told names and addresses.
net::Response not_done_answer(const LeadershipView& leadership, bool logged_in, const std::string& reason) {
    std::string detail = "this instance";
    const auto leader = logged_in ? leadership.leader() : std::nullopt;
    if (!logged_in) {
        detail += " does not lead and cannot write; ask the leader";
    } else if (leadership.writer()) {
        detail += " (" + leadership.name() + ") leads, but the database has not answered it for " +
                  milliseconds_of(leadership.silence()) +
                  " ms, and another one may have taken over; try again shortly, there if it has";
    } else if (!leader) {
        detail += " (" + leadership.name() +
                  ") does not lead and cannot write; no leader is known at the moment, try again shortly";
    } else {
        detail += " (" + leadership.name() + ") does not lead and cannot write; the leader is " +
                  leader->name + " at " + leader->address;
    }
    if (logged_in && !reason.empty()) detail += "; the call was not passed on: " + reason;
    auto response = error_answer(503, detail);
    response.headers.set("Retry-After", "1");
    if (leader) response.headers.set("X-Baton-Leader", leader->address);
    return response;
}

/// A call that another instance passed on. There is no second hop: two instances that take each other for the
/// leader would send it round for ever.
net::Response refused_forward() {
    auto response = error_answer(503,
                                 "another instance passed this call on, but this one does not lead (or not "
                                 "in that epoch); it is not passed on a second time");
    response.headers.set("Retry-After", "1");
    response.headers.set(not_done_header, "1");
    return response;
}

bool was_not_done(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const NotLeading&) {
        return true;
    } catch (...) {
        return false;
    }
}

/// What an error that left a handler is answered with. Errors of the database name hosts, users and
/// statements: only the log and who logged in get to see them.
net::Response failure_answer(const std::exception_ptr& failure, const Backend& backend, bool logged_in) {
    // The epoch ended under a run: nothing was stored, another instance takes the repetition. When it is the
    // server that closes, nobody reads the answer.
    if (async::is_cancellation(failure)) return not_done_answer(*backend.services.leadership, logged_in, "");
    try {
        std::rethrow_exception(failure);
    } catch (const Problem& problem) {
        return error_answer(problem.status(), problem.what());
    } catch (const NotLeading& refused) {
        return not_done_answer(*backend.services.leadership, logged_in, refused.what());
    } catch (const Error& error) {
        backend.services.log.error(error.what());
        if (is_database_trouble(error))
            return no_database_answer(*backend.services.leadership, logged_in, error.what());
        return error_answer(500, logged_in ? error.what() : "the request failed; the node's log tells why");
    } catch (const std::exception& error) {
        backend.services.log.error(std::string("Panic in a handler: ") + error.what());
        return answer(500, "", "");
    }
}

}  // namespace

struct Api::Impl {
    Impl(ApiSettings settings, Services services, std::span<const UiAsset> assets)
        : backend(std::move(settings), std::move(services)),
          router(all_routes()),
          leader_calls(backend),
          cors(backend.settings.allow_origins),
          ui(assets),
          log(backend.services.log, *backend.services.metrics),
          all_limit(backend.settings.authenticated_rate_limit, backend.settings.authenticated_rate_period,
                    clock()),
          login_limit(backend.settings.unauthenticated_rate_limit,
                      backend.settings.unauthenticated_rate_period, clock()),
          asset_limit(asset_requests, page_period, clock()),
          page_limit(page_requests, page_period, clock()) {}

    const Clock& clock() const { return *backend.services.clock; }

    async::Task<net::Response> respond(RequestContext& context, std::string_view& pattern);
    async::Task<net::Response> run(const Route& route, RequestContext& context);
    async::Task<void> authenticate(const Route& route, RequestContext& context);
    async::Task<net::Response> answer_here(const Route& route, RequestContext& context);
    std::optional<ForwardMark> mark_of(const net::Request& request) const;
    async::Task<void> until_taken_over();
    net::Response serve_page(const net::Request& request, const std::string& path);
    std::optional<net::Response> refuse_by_rate(const Route& route, const net::Request& request,
                                                net::Headers& added);
    std::optional<net::Response> to_https(const net::Request& request) const;

    Backend backend;
    Router router;
    LeaderCalls leader_calls;
    Cors cors;
    Ui ui;
    RequestLog log;
    RateLimit all_limit;
    RateLimit login_limit;
    RateLimit asset_limit;
    RateLimit page_limit;
};

Api::Api(ApiSettings settings, Services services, std::span<const UiAsset> assets)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(services), assets)) {}

Api::~Api() = default;

void Api::set_cookie_key(Secret key) {
    impl_->backend.authenticator.set_cookie_key(std::move(key));
}

std::size_t Api::body_limit() const {
    return impl_->backend.settings.body_limit;
}

async::Task<net::Response> Api::handle(net::Request request) {
    auto& impl = *impl_;
    // Before everything else, as in v1.11.0: no limits, no headers, not counted.
    if (request.method == "GET" && request.path == "/metrics")
        co_return answer(200, metrics_type, impl.backend.services.metrics_page());

    const auto began = impl.clock().steady();
    const auto request_bytes = request.body.size();
    if (request.headers.contains(forward_header)) co_await impl.until_taken_over();
    RequestContext context;
    context.forwarded = impl.mark_of(request);
    // The instance that received a call has looked at its origin, which is that of its own page.
    const auto verdict = context.forwarded ? Cors::Verdict::same_origin : impl.cors.judge(request);
    context.request = std::move(request);
    std::string_view pattern;
    net::Response response;
    if (verdict == Cors::Verdict::refused) {
        response = answer(403, "", "");
    } else if (verdict == Cors::Verdict::preflight) {
        response = answer(204, "", "");
    } else {
        response = co_await impl.respond(context, pattern);
    }
    impl.cors.add_headers(response.headers, context.request, verdict);
    add_security_headers(response.headers);
    impl.log.answered(context.request, request_bytes, response, pattern, impl.clock().steady() - began);
    co_return response;
}

async::Task<net::Response> Api::Impl::respond(RequestContext& context, std::string_view& pattern) {
    auto& request = context.request;
    if (auto redirected = context.forwarded ? std::nullopt : to_https(request))
        co_return *std::move(redirected);
    const auto decoded = net::percent_decode(request.path, false);
    const auto path = decoded.value_or(request.path);
    auto match = router.find(request.method, path);
    if (!match) {
        // The location is the path as it was sent: decoded, it could hold anything.
        if (router.has_other_form(request.method, path))
            co_return redirect(request.method == "GET" ? 301 : 307, other_form(request.path), request);
        co_return serve_page(request, path);
    }
    pattern = match->route->pattern;
    context.parameters = std::move(match->parameters);
    net::Headers added;
    net::Response response;
    if (auto refused = refuse_by_rate(*match->route, request, added)) {
        response = *std::move(refused);
    } else {
        response = co_await run(*match->route, context);
    }
    for (const auto& [name, value] : added)
        response.headers.set(name, value);
    co_return response;
}

async::Task<net::Response> Api::Impl::run(const Route& route, RequestContext& context) {
    if (route.is_for_leader() && !context.forwarded && context.request.headers.contains(forward_header))
        co_return refused_forward();
    // Before the login is looked up: a silent database may fail that already.
    if (route.repeatable) leader_calls.give_key(context);
    std::exception_ptr failure;
    bool logged_in = false;
    try {
        co_await authenticate(route, context);
        logged_in = route.login != Login::none;
        if (route.is_for_leader()) co_return co_await leader_calls.answer(route, context);
        co_return co_await answer_here(route, context);
    } catch (...) {
        failure = std::current_exception();
    }
    if (context.forwarded && was_not_done(failure)) co_return refused_forward();
    auto response = failure_answer(failure, backend, logged_in);
    // So that the caller's repetition finds the run that this call may have led to.
    if (response.status == 503 && !context.key.empty()) response.headers.set("Idempotency-Key", context.key);
    co_return response;
}

/// A leader's mark on a call that an instance passed on; nothing on all others.
std::optional<ForwardMark> Api::Impl::mark_of(const net::Request& request) const {
    const auto* header = request.headers.find(forward_header);
    if (!header) return std::nullopt;
    const auto writer = backend.services.leadership->writer();
    if (!writer) return std::nullopt;
    return read_forward_mark(*header, writer->fence.epoch, writer->fence.token, request.method,
                             request.target);
}

/// The new epoch is in the database before its services run here, so that calls that were passed on come too
/// early. Refused, they would come again only after a pause.
async::Task<void> Api::Impl::until_taken_over() {
    const auto& leadership = *backend.services.leadership;
    const auto until = async::Deadline::after(longest_takeover);
    while (leadership.state() == model::LeadershipState::taking && !leadership.acts() && !until.passed())
        co_await backend.services.leadership->leader_changes();
}

async::Task<void> Api::Impl::authenticate(const Route& route, RequestContext& context) {
    context.deadline = async::Deadline::after(backend.short_timeout());
    bool authenticated = false;
    try {
        co_await backend.authenticator.authenticate(route.login, context);
        authenticated = true;
    } catch (const pg::ConnectionLost&) {
        // A new leader ends the sessions of the one before, also under a question that has nothing to do with
        // leading.
        backend.pool().drop_all();
    }
    if (!authenticated) co_await backend.authenticator.authenticate(route.login, context);
    if (route.login != Login::none && context.user.role < route.role) throw Problem(401, "Unauthorized");
}

/// Asked once more, in the time that is left, on another session where one was lost: what is answered here
/// can be repeated.
async::Task<net::Response> Api::Impl::answer_here(const Route& route, RequestContext& context) {
    context.deadline = async::Deadline::after(backend.settings.query_timeout);
    try {
        co_return co_await route.handler(backend, context);
    } catch (const pg::ConnectionLost&) {
        backend.pool().drop_all();
    }
    co_return co_await route.handler(backend, context);
}

std::optional<net::Response> Api::Impl::refuse_by_rate(const Route& route, const net::Request& request,
                                                       net::Headers& added) {
    if (route.unlimited) return std::nullopt;
    const auto client = client_address(request);
    auto verdict = all_limit.count(client);
    if (verdict.allowed && route.limited_as_login) verdict = login_limit.count(client);
    add_rate_headers(added, verdict);
    if (verdict.allowed) return std::nullopt;
    return answer(429, text_type, "Limit exceeded");
}

net::Response Api::Impl::serve_page(const net::Request& request, const std::string& path) {
    if (backend.settings.dev) return ui.serve(request, path);
    auto& limit = Ui::is_asset_path(path) ? asset_limit : page_limit;
    const auto verdict = limit.count(client_address(request));
    auto response = verdict.allowed ? ui.serve(request, path) : answer(429, text_type, "Limit exceeded");
    add_rate_headers(response.headers, verdict);
    return response;
}

std::optional<net::Response> Api::Impl::to_https(const net::Request& request) const {
    if (!backend.settings.tls_redirect || backend.settings.dev || request.over_tls) return std::nullopt;
    const auto& host = backend.settings.tls_host;
    const std::string target = "https://" + (host.empty() ? std::string(request.headers.get("Host")) : host);
    return redirect(301, target + request.path, request);
}

net::Response Api::fault(net::RequestFault fault, const net::Request&) const {
    net::Response response;
    switch (fault) {
        case net::RequestFault::malformed:
            response = answer(400, text_type, "400 Bad Request");
            break;
        case net::RequestFault::header_too_large:
            response = answer(431, text_type, "431 Request Header Fields Too Large");
            break;
        case net::RequestFault::body_too_large:
            response = answer(413, text_type, "request too large");
            break;
        case net::RequestFault::too_slow:
            response = answer(408, text_type, "408 Request Timeout");
            break;
        case net::RequestFault::handler_failed:
            response = answer(500, "", "");
            break;
    }
    response.close = fault != net::RequestFault::handler_failed;
    add_security_headers(response.headers);
    return response;
}

}  // namespace baton::api
