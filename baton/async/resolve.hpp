#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"

#include <string>
#include <vector>

namespace baton::async {

/// Numeric addresses of a host name in the order of the system's resolver (RFC 6724), without holding up the
/// loop; a numeric address gives itself. Throws NotFound with the resolver's reason, TimedOut, Cancelled.
Task<std::vector<std::string>> resolve_host(std::string host, Deadline deadline);

}  // namespace baton::async
