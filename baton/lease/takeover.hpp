#pragma once

#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/lease.hpp"
#include "baton/lease/lock_session.hpp"
#include "baton/model/leadership_decision.hpp"

#include <optional>
#include <string>

namespace baton::lease {

/// How many sessions were told to end; `refused`: this role may not end them.
struct Ended {
    int ended = 0;
    int refused = 0;
};

/// The Baton that the row of `leadership` names, as the one that got the watch lock finds it.
struct FormerBaton {
    std::optional<Uuid> client_id;
    std::string instance;
    std::optional<model::LeadershipState> state;
    Ended sessions;
    /// It took over from this v1.11.0 so short a time ago that that one may still be writing.
    std::optional<Uuid> recent_v1;
};
/// How leadership_log calls a v1.11.0 that led; its client id follows.
constexpr const char* v1_leader_prefix = "Chainlink v1.11.0 ";

/// Whose sessions a taker ends: everybody's, or, where the own schema has leadership_gaps, not those of one
/// that noted its release (docs/decisions/quiet-release.md).
enum class EndSessions { of_anybody, of_who_did_not_release };

/// Reads it and ends every other session that carries its id, unless it is `self` (leadership.md section 3);
/// neither, and gives no row, on a session that does not hold the watch lock. For wait_for_lock(). REQUIRES:
/// own schema.
pg::Statement end_former_baton(const pg::OwnSchema& names, const AdvisoryKey& watch, const Uuid& self,
                               EndSessions whose = EndSessions::of_anybody);
FormerBaton read_former_baton(const pg::Result& rows);

/// Ends every other session of this database that carries the id (`id`: what id_start() gives).
async::Task<Ended> end_sessions(LockSession& session, pg::OwnSchema names, std::string id,
                                std::chrono::nanoseconds limit);

/// Ends the given sessions if they are still the same ones (leadership.md section 2, reconnect of a leader).
async::Task<void> end_backends(LockSession& session, std::vector<BackendId> backends,
                               std::chrono::nanoseconds limit);

/// What a takeover writes.
struct TakeoverRequest {
    Uuid client_id;
    std::string name;
    std::string address;
    std::string reason;
    /// Name of a v1 that led before; absent: the Baton of the row.
    std::optional<std::string> led_before;
    /// In modes with the advisory lock.
    std::optional<std::int64_t> advisory_key;
    BackendId advisory_backend;
    bool with_lease = false;
    /// When the locks were granted.
    BootClock::time_point granted_at;
};

/// Raises the epoch on the session that holds the watch lock, in one transaction (leadership.md section 3).
/// While writers of the epoch before hold the fence lock, they are ended and it is tried again. Throws
/// FenceRefused when a lock turns out not to be held, TimedOut when the fence lock was not to be had before
/// the deadline; then the epoch is what it was.
async::Task<Grant> take_over(LockSession& watch, pg::OwnSchema names, TakeoverRequest request, Uuid token,
                             const Clock& clock, Logger log, async::Deadline deadline);

/// The same without an effect, so that the session has planned all of it when it is needed. The request's
/// backend and client are only read. REQUIRES: own schema up to date, and the table lease_lock where the
/// request is with a lease.
async::Task<void> rehearse_takeover(LockSession& watch, pg::OwnSchema names, TakeoverRequest request,
                                    std::chrono::nanoseconds limit);

}  // namespace baton::lease
