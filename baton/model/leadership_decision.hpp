#pragma once

#include "baton/model/leadership.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace baton::model {

// What an instance does next about the leadership, as pure functions of what it saw (design section 4).
// `lease` looks and acts; everything that could be got wrong in the order of locks is decided here and
// explored from every state in the test.

/// True when the mode uses the row of lease_lock, the advisory lock of v1.11.0.
bool uses_lease(LockingMode mode);
bool uses_advisory_lock(LockingMode mode);

/// Whose id stands in the row of lease_lock. A Baton is who has a row in `instances`, whether it lives or
/// not.
enum class LeaseOwner { nobody, self, baton, v1 };

/// A look at the row of lease_lock, by the server's clock.
struct LeaseView {
    LeaseOwner owner = LeaseOwner::nobody;
    bool expired = false;
    /// Some session of this database carries the owner's id. Looked at for a v1 only.
    bool owner_has_sessions = false;
    bool operator==(const LeaseView&) const = default;
};

/// Everything that the next step depends on.
struct LeadershipView {
    LockingMode mode = LockingMode::dual;
    /// The owner of this instance asked it to leave.
    bool release_requested = false;
    /// ... or to pass the leadership on and stand by.
    bool handover_requested = false;
    /// Every lock session that the mode needs is open and answered last time.
    bool connected = false;
    /// The own schema exists (fence, instances).
    bool own_schema = false;
    bool watch_held = false;
    /// In modes with a lease.
    LeaseView lease;
    /// In modes with the advisory lock.
    bool advisory_held = false;
    /// This instance held the advisory lock and gave it back to a live v1 that owns the lease, and since then
    /// no look at pg_locks showed another holder.
    bool advisory_given_back = false;
    /// A takeover of this instance is committed, and its services have not all ended yet.
    bool leading = false;
    /// Something says that this epoch is over: the fence, or a service.
    bool epoch_over = false;
    bool operator==(const LeadershipView&) const = default;
};

enum class LeadershipStep {
    connect,             // open the sessions that are missing; whatever was held is given back first
    wait_for_watch,      // blocked in the server until the watch lock is ours
    create_own_schema,   // under the watch lock
    take_lease,          // on condition that its owner is still the one that was seen
    wait_for_lease,      // until the row expires, or something else changes
    wait_for_advisory,   // blocked in the server until the advisory lock is ours
    give_advisory_back,  // to the v1 that owns the lease and lives
    give_all_back,       // not the holder of the watch lock any more
    take_over,           // all locks are held: raise the epoch
    lead,                // nothing to do
    hand_over,           // drain, give all locks back, queue again
    step_down,           // end the epoch, give back what is left
    release,             // drain, give back advisory lock, lease, watch lock
    stop,                // nothing is held any more
};
std::string to_string(LeadershipStep step);

/// The order watch -> lease -> advisory with its one exception (leadership.md section 2).
LeadershipStep decide(const LeadershipView& view);

/// What is known of who led before, for the history.
struct FormerLeader {
    /// Row of `leadership`, if there is one.
    std::optional<Uuid> client_id;
    /// What that instance last wrote about itself; absent when its row is gone.
    std::optional<LeadershipState> state;
    /// A v1.11.0 held a lock of this mode after that.
    bool was_v1 = false;
    /// It let its lease run out or gave it up.
    bool lease_expired = false;
    /// It was silent, and its sessions were ended.
    bool frozen = false;
};
/// Text for LeadershipChange::reason: "first start", "handover", "leader gone", "leader frozen", "own locks
/// lost", "lease expired", "v1.11.0 gone".
std::string takeover_reason(const FormerLeader& former, const Uuid& self);

/// leadership.md section 6: true while the last heartbeat that was answered was sent at most F - F/4 ago.
bool heartbeat_is_fresh(std::chrono::nanoseconds since_sent, std::chrono::nanoseconds suspect_after);
/// How long something that is sent outside of the database may take: until a standby may suspect this
/// instance, if this was its last answered heartbeat. Negative when that time has passed.
std::chrono::nanoseconds time_left_to_send(std::chrono::nanoseconds since_sent,
                                           std::chrono::nanoseconds suspect_after);

}  // namespace baton::model
