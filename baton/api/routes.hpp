#pragma once

#include "baton/api/backend.hpp"
#include "baton/api/router.hpp"

#include <vector>

namespace baton::api {

/// Every route of the API but /metrics, with who may call it (reference/rest-api.md section 4).
std::vector<Route> all_routes();

// One group per file routes_<group>.cpp.
void add_session_routes(std::vector<Route>& routes);
void add_job_routes(std::vector<Route>& routes);
void add_bridge_routes(std::vector<Route>& routes);
void add_run_routes(std::vector<Route>& routes);
void add_information_routes(std::vector<Route>& routes);
void add_health_routes(std::vector<Route>& routes);

}  // namespace baton::api
