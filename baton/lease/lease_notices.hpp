#pragma once

#include "baton/async/event.hpp"
#include "baton/async/task.hpp"
#include "baton/lease/lease.hpp"

namespace baton::lease {

/// Listens for LeaseRow::release() of other Batons and notifies `wake` for each. A help only: whoever waits
/// for a lease looks at the row by itself as well, so any error just ends this. Until cancelled.
async::Task<void> listen_for_released_leases(LeaseSettings settings, pg::OwnSchema names, async::Event* wake);

}  // namespace baton::lease
