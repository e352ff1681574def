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
    const bool ready =
        std::all_of(checks.begin(), checks.end(), [](const auto& check) { return check.passing; });
    co_return answer(ready ? 200 : 503, "", "");
}

}  // namespace

void add_health_routes(std::vector<Route>& routes) {
    routes.push_back({"GET", "/health", health, Login::none});
    routes.push_back({"GET", "/readyz", readyz, Login::none});
}

}  // namespace baton::api
