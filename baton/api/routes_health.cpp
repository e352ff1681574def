#include "baton/api/answers.hpp"
#include "baton/api/presenters.hpp"
#include "baton/api/routes.hpp"

#include <algorithm>

namespace baton::api {

namespace {

std::string checks_document(const std::vector<HealthCheck>& checks) {
    JsonWriter out;
    out.begin_object().key("data").begin_array();
    for (const auto& check : checks)
        write_check(out, check);
    out.end_array().end_object();
    return out.take();
}

bool all_pass(const std::vector<HealthCheck>& checks) {
    return std::all_of(checks.begin(), checks.end(), [](const auto& check) { return check.passing; });
}

bool wants_full(const net::Request& request) {
    const auto pairs = net::parse_query(request.query);
    return std::any_of(pairs.begin(), pairs.end(), [](const auto& pair) { return pair.first == "full"; });
}

async::Task<net::Response> health(Backend& backend, RequestContext&) {
    // 200 whatever the checks say, as in v1.11.0: monitors read the status members.
    co_return document(checks_document(backend.services.health->health()));
}

async::Task<net::Response> readyz(Backend& backend, RequestContext& context) {
    const auto checks = backend.services.health->readiness();
    if (wants_full(context.request)) co_return document(checks_document(checks));
    co_return answer(all_pass(checks) ? 200 : 503, "", "");
}

/// The status says it all; the body is for the person who looks.
net::Response role_answer(const Backend& backend, bool yes) {
    JsonWriter out;
    out.begin_object().key("state").text(model::to_string(backend.services.leadership->state()));
    out.end_object();
    return answer(yes ? 200 : 503, json_type, out.take());
}

async::Task<net::Response> is_leader(Backend& backend, RequestContext&) {
    co_return role_answer(backend, backend.services.leadership->acts());
}

async::Task<net::Response> is_standby(Backend& backend, RequestContext&) {
    const bool waits = backend.services.leadership->state() == model::LeadershipState::standby;
    co_return role_answer(backend, waits && all_pass(backend.services.health->readiness()));
}

}  // namespace

void add_health_routes(std::vector<Route>& routes) {
    routes.push_back({"GET", "/health", health, Login::none});
    routes.push_back({"GET", "/readyz", readyz, Login::none});
    // HEAD and OPTIONS because load balancers ask so by default.
    for (const auto* method : {"GET", "HEAD", "OPTIONS"}) {
        routes.push_back({.method = method,
                          .pattern = "/leader",
                          .handler = is_leader,
                          .login = Login::none,
                          .unlimited = true});
        routes.push_back({.method = method,
                          .pattern = "/standby",
                          .handler = is_standby,
                          .login = Login::none,
                          .unlimited = true});
    }
}

}  // namespace baton::api
