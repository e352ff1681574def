#include "baton/api/routes.hpp"

#include "baton/api/problem.hpp"

namespace baton::api {

std::vector<Route> all_routes() {
    std::vector<Route> routes;
    // First what is asked most often.
    add_run_routes(routes);
    add_job_routes(routes);
    add_bridge_routes(routes);
    add_session_routes(routes);
    add_information_routes(routes);
    add_health_routes(routes);
    return routes;
}

store::Writer Backend::writer() const {
    auto writer = services.leadership->writer();
    if (!writer) throw NotLeading();
    writer->timeout = std::min<std::chrono::nanoseconds>(writer->timeout, short_timeout());
    return *std::move(writer);
}

}  // namespace baton::api
