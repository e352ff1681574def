#pragma once

#include "baton/lease/lease.hpp"
#include "baton/lease/lease_row.hpp"
#include "baton/lease/lock_session.hpp"
#include "baton/pg/fence.hpp"

#include <optional>
#include <string>

namespace baton::lease {

/// Somebody leads, or is about to: named in the text. Nothing was changed.
class SomebodyLeads : public Error {
  public:
    using Error::Error;
};

/// The locks of the leadership for a command that changes the database without an instance (`node db
/// migrate`): no instance, of Baton or v1.11.0, can lead meanwhile. It never waits. It has a row of
/// `instances` as they have, so that a Baton follows at once when the command is killed; a v1.11.0 waits for
/// the end of the lease. Loop thread only.
class Maintenance {
  public:
    Maintenance(async::Executor executor, LeaseSettings settings);

    /// Opens the session. Throws as pg::Connection::open, StartRefused.
    async::Task<void> connect();
    /// Takes the locks of the mode, in their order; makes the own schema where it is absent. Throws
    /// SomebodyLeads, pg::TransactionPooling; what was taken before ends with the session. Once more after
    /// the schemas were dropped, lease and registration with them.
    async::Task<void> take_locks();
    /// Gives the lease back and says so; the other locks end with the session.
    async::Task<void> give_back();
    /// For a command that writes to product tables: an epoch of its own, raised under the locks, so that
    /// whoever led before can write no more. REQUIRES: the locks, and own tables of this version.
    async::Task<pg::Fence> raise_epoch(std::string reason, Logger log);
    /// The sign of life of that epoch, by which it is also proved, and the refresh of the lease; until it
    /// fails (throws as LockSession) or is cancelled. Without it, whoever waits for the locks ends the
    /// sessions of this command.
    async::Task<void> keep();
    /// When something has to be over that is sent now, outside the database (lease.hpp).
    async::Deadline send_deadline() const;
    /// The session that holds the locks, for the work.
    async::Task<LockSession::Exclusive> session() { return session_.exclusive(); }
    const pg::OwnSchema& names() const { return names_; }

  private:
    async::Task<void> refuse();
    async::Task<bool> try_lock(std::string arguments);
    async::Task<void> register_command(model::LeadershipState state);
    async::Task<void> make_own_schema();
    async::Task<bool> try_lease();
    model::Instance self(model::LeadershipState state) const;
    async::Task<void> hold_token(Uuid token);

    LeaseSettings settings_;
    LockSession session_;
    pg::OwnSchema names_;
    std::optional<LeaseRow> lease_row_;
    bool own_tables_ = false;
    bool registered_ = false;
    bool lease_taken_ = false;
    pg::Fence fence_;
    BootClock::time_point last_heartbeat_sent_;
};

}  // namespace baton::lease
