#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/pg/url.hpp"

#include <set>
#include <string>

namespace baton::app {

/// Numeric addresses of the hosts of a database URL (net::canonical_address), for requests that must not
/// reach them (reference/pipeline.md section 16). A socket's path has none, and a name that cannot be
/// resolved within the deadline gives none. Throws Cancelled only.
async::Task<std::set<std::string>> database_addresses(pg::DatabaseUrl url, async::Deadline deadline);

}  // namespace baton::app
