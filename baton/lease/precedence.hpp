#pragma once

#include "baton/lease/lock_session.hpp"
#include "baton/model/precedence.hpp"
#include "baton/pg/migrate.hpp"

#include <chrono>
#include <vector>

namespace baton::lease {

/// Who goes before this instance, asked on the session that waits for the watch lock (db/baton/0005).
/// REQUIRES: own schema up to date.
pg::Statement ahead_of(const pg::OwnSchema& names, const Uuid& self);
struct Ahead {
    std::vector<model::Rival> rivals;
    std::int64_t epoch = 0;
};
Ahead read_ahead(const pg::Result& rows);

/// The instances that were seen in the last minute, and whether each waits for the watch lock.
async::Task<std::vector<model::HandoverCandidate>> handover_candidates(LockSession& session,
                                                                       pg::OwnSchema names,
                                                                       std::chrono::nanoseconds limit);

/// From now on and for the given time the others let this one go first.
async::Task<void> name_next_leader(LockSession& session, pg::OwnSchema names, Uuid next,
                                   std::chrono::milliseconds lasts, std::chrono::nanoseconds limit);

/// $1 client id, $2 priority: what an instance writes about itself.
std::string set_priority_sql(const pg::OwnSchema& names);

}  // namespace baton::lease
