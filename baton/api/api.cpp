#include "baton/api/api.hpp"

#include "baton/api/answers.hpp"
#include "baton/api/backend.hpp"
#include "baton/api/cors.hpp"
#include "baton/api/problem.hpp"
#include "baton/api/rate_limit.hpp"
#include "baton/api/request_log.hpp"
#include "baton/api/routes.hpp"
#include "baton/api/ui.hpp"
#include "baton/pg/error.hpp"

namespace baton::api {

namespace {

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

/// A write on a standby: who leads, and when to come again. Who did not log in is not told names and
/// addresses.
net::Response standby_answer(const LeadershipView& leadership, bool logged_in) {
    if (!logged_in) {
        auto response = error_answer(503, "this instance does not lead and cannot write; ask the leader");
        response.headers.set("Retry-After", "1");
        return response;
    }
    const auto leader = leadership.leader();
    std::string detail = "this instance (" + leadership.name() + ") does not lead and cannot write; ";
    if (!leader) {
        detail += "no leader is known at the moment, try again shortly";
    } else {
        detail += "the leader is " + leader->name;
        if (!leader->address.empty()) detail += " at " + leader->address;
    }
    auto response = error_answer(503, detail);
    response.headers.set("Retry-After", "1");
    if (leader)
        response.headers.set("X-Baton-Leader", leader->address.empty() ? leader->name : leader->address);
    return response;
}

/// What an error that left a handler is answered with. Errors of the database name hosts, users and
/// statements: only the log and who logged in get to see them.
net::Response failure_answer(const std::exception_ptr& failure, const Backend& backend, bool logged_in) {
    // The epoch ended under a run: nothing was stored, another instance takes the repetition. When it is the
    // server that closes, nobody reads the answer.
    if (async::is_cancellation(failure)) return standby_answer(*backend.services.leadership, logged_in);
    try {
        std::rethrow_exception(failure);
    } catch (const Problem& problem) {
        return error_answer(problem.status(), problem.what());
    } catch (const NotLeading&) {
        return standby_answer(*backend.services.leadership, logged_in);
    } catch (const pg::FenceRefused&) {
        return standby_answer(*backend.services.leadership, logged_in);
    } catch (const Error& error) {
        backend.services.log.error(error.what());
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
    net::Response serve_page(const net::Request& request, const std::string& path);
    std::optional<net::Response> refuse_by_rate(const Route& route, const net::Request& request,
                                                net::Headers& added);
    std::optional<net::Response> to_https(const net::Request& request) const;

    Backend backend;
    Router router;
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
    const auto verdict = impl.cors.judge(request);
    RequestContext context;
    context.request = std::move(request);
    context.deadline = async::Deadline::after(impl.backend.settings.query_timeout);
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
    if (auto redirected = to_https(request)) co_return *std::move(redirected);
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
    std::exception_ptr failure;
    bool logged_in = false;
    try {
        co_await backend.authenticator.authenticate(route.login, context);
        logged_in = route.login != Login::none;
        if (route.login != Login::none && context.user.role < route.role) throw Problem(401, "Unauthorized");
        co_return co_await route.handler(backend, context);
    } catch (...) {
        failure = std::current_exception();
    }
    co_return failure_answer(failure, backend, logged_in);
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
