#pragma once

#include "baton/async/task.hpp"
#include "baton/base/log.hpp"
#include "baton/base/uuid.hpp"
#include "baton/lease/lease.hpp"

namespace baton::lease {

/// After a takeover from a v1: a v1 that lost its locks but lives reconnects at once and writes unfenced
/// until it notices (2-3.3 s). Ends every session that carries its id whenever one appears, looked for every
/// 50 ms, until none came for 5 s (leadership.md section 4). A session of its own. Outages are waited out;
/// only cancellation ends it early.
async::Task<void> hold_off_v1(async::Executor executor, LeaseSettings settings, pg::OwnSchema names, Uuid v1,
                              Logger log);

}  // namespace baton::lease
