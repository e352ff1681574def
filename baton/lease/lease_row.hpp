#pragma once

#include "baton/base/uuid.hpp"
#include "baton/lease/lock_session.hpp"
#include "baton/model/leadership_decision.hpp"
#include "baton/pg/migrate.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace baton::lease {

/// What the row of lease_lock says, by the server's clock.
struct LeaseLook {
    model::LeaseView view;
    /// Whose it is; absent when there is no row, or no table yet.
    std::optional<Uuid> owner;
    /// Of a Baton: the name that it registered.
    std::string owner_name;
    /// Until it expires; negative afterwards.
    std::chrono::milliseconds left{0};
};

/// The row of lease_lock as v1.11.0 uses it (reference/lifecycle-and-locking.md section 2), on a session of
/// its own. Loop thread only.
class LeaseRow {
  public:
    /// `session` outlives it.
    LeaseRow(LockSession& session, pg::OwnSchema names, Uuid self, std::chrono::milliseconds duration);

    /// REQUIRES: the own schema exists.
    async::Task<LeaseLook> look(std::chrono::nanoseconds limit);
    /// Whose row may be taken besides one's own and an absent one.
    struct Claim {
        /// This owner's, expired or not.
        std::optional<Uuid> also_from;
        /// Anybody's that ran out.
        bool expired = true;
    };
    /// One attempt. Makes table and index when they are absent. Registers this instance in the same
    /// transaction, so that no other Baton ever takes this row for a v1's. False when somebody else's row was
    /// met.
    async::Task<bool> take(Claim claim, model::Instance registration, std::chrono::nanoseconds limit);
    /// The attempt on the session that has just got the watch lock: the row of the Baton that led before, and
    /// only where no standby goes before this one (db/baton/0009). Not to be sent with the wait for that
    /// lock: the server would do it for a client that died waiting. REQUIRES: own schema up to date, and a
    /// look() that found the table.
    async::Task<bool> claim(LockSession& watch, std::chrono::nanoseconds limit);
    /// The same without an effect and without the watch lock, so that the session has planned it when it is
    /// needed.
    async::Task<void> rehearse_claim(LockSession& watch, std::chrono::nanoseconds limit);
    bool table_exists() const { return table_exists_; }
    /// Pushes the end away. False when the row is not one's own any more.
    async::Task<bool> refresh(std::chrono::nanoseconds limit);
    /// Lets it end now, and tells waiting Batons (notify_channel).
    async::Task<void> release(std::chrono::nanoseconds limit);

    /// Where release() is told: LISTEN to it.
    static std::string notify_channel(const pg::OwnSchema& names);

  private:
    std::string interval() const;
    pg::Statement claim_statement(bool rehearsal) const;

    LockSession& session_;
    pg::OwnSchema names_;
    Uuid self_;
    std::chrono::milliseconds duration_;
    std::string table_;
    bool table_exists_ = false;
};

/// The part of a client id that every session's application_name carries: names are cut at 63 bytes, and the
/// longest one of v1.11.0 keeps 28 characters of it.
std::string id_start(const Uuid& client_id);
/// The same part, out of an application_name of a Baton or a v1.11.0; "" where there is none.
std::string id_start_in(const std::string& application_name);

/// $1 client_id, $2 name, $3 address, $4 version, $5 state: writes this instance's row of `instances`.
std::string register_instance_sql(const pg::OwnSchema& names);
pg::Params register_instance_params(const model::Instance& instance);

}  // namespace baton::lease
