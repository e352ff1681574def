#pragma once

#include "baton/lease/lease.hpp"
#include "baton/lease/lock_session.hpp"

#include <string>

namespace baton::lease {

/// Somebody leads, or is about to: named in the text. Nothing was changed.
class SomebodyLeads : public Error {
  public:
    using Error::Error;
};

/// The locks of the leadership for a command that changes the database without an instance (`node db
/// migrate`): no instance, of Baton or v1.11.0, can lead meanwhile. It never waits. Loop thread only.
class Maintenance {
  public:
    Maintenance(async::Executor executor, LeaseSettings settings);

    /// Opens the session. Throws as pg::Connection::open, StartRefused.
    async::Task<void> connect();
    /// Takes the locks of the mode, in their order. Throws SomebodyLeads; what was taken before ends with the
    /// session.
    async::Task<void> take_locks();
    /// Gives the lease back; the other locks end with the session.
    async::Task<void> give_back();
    /// The session that holds the locks, for the work.
    async::Task<LockSession::Exclusive> session() { return session_.exclusive(); }
    const pg::OwnSchema& names() const { return names_; }

  private:
    async::Task<void> refuse();
    async::Task<bool> try_lock(std::string arguments);
    async::Task<bool> try_lease();

    LeaseSettings settings_;
    LockSession session_;
    pg::OwnSchema names_;
    bool own_tables_ = false;
    bool lease_taken_ = false;
};

}  // namespace baton::lease
