#pragma once

#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/takeover.hpp"
#include "baton/model/suspicion.hpp"

#include <optional>
#include <string>

namespace baton::lease {

/// The holder of a lock, as a watcher sees it.
struct WatchedHolder {
    model::HolderLook look;
    std::string application_name;
    /// False where track_activities is off or this role may not see other roles' sessions: then nothing can
    /// be said of it.
    bool visible = false;
};

/// One look at the other session that holds the lock; nothing when there is none.
async::Task<std::optional<WatchedHolder>> look_at_holder(LockSession& session, AdvisoryKey key,
                                                         std::chrono::nanoseconds limit);

/// Ends the holder and every other session that carries its id, on condition that it has still not moved.
/// Nothing when it has. REQUIRES: own schema.
async::Task<std::optional<Ended>> end_if_still_silent(LockSession& session, pg::OwnSchema names,
                                                      WatchedHolder holder, std::chrono::nanoseconds limit);

}  // namespace baton::lease
