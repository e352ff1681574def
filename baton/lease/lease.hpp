#pragma once

#include "baton/async/task.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/log.hpp"
#include "baton/base/metrics.hpp"
#include "baton/base/random.hpp"
#include "baton/model/leadership.hpp"
#include "baton/pg/connection.hpp"
#include "baton/pg/fence.hpp"
#include "baton/pg/migrate.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace baton::pg {
class Pool;
}

namespace baton::lease {

/// The start cannot succeed however long it waits: a right or a schema is missing, or a setting makes no
/// sense. The text names what an administrator has to do. No lock was touched.
class StartRefused : public Error {
  public:
    using Error::Error;
};

/// Settings of reference/lifecycle-and-locking.md section 5 and of leadership.md.
struct LeaseSettings {
    model::LockingMode mode = model::LockingMode::dual;
    std::chrono::milliseconds lease_duration{10'000};
    std::chrono::milliseconds refresh_interval{1'000};
    std::chrono::milliseconds advisory_check_interval{1'000};
    std::int64_t advisory_lock_id = 1027321974924625846;
    /// F (HA_SUSPECT_AFTER): from 500 ms to half of the lease duration.
    std::chrono::milliseconds suspect_after{2'000};
    std::chrono::milliseconds query_timeout{10'000};
    /// HA_PRIORITY: of several standbys the one with the higher takes over first.
    std::int32_t priority = 0;
    /// How all sessions of this instance are opened (application_name carries the client id).
    pg::SessionOptions session;
    Uuid client_id;
    std::string name;
    std::string address;
    std::string version;
};

/// What the holder of the leadership got.
struct Grant {
    pg::Fence fence;
    model::LeadershipChange change;
};

/// What the writers of that epoch carry.
pg::Fence fence_of(const pg::OwnSchema& names, std::int64_t epoch, const Uuid& token);

/// Names and keys that belong to a product schema (leadership.md section 1, Keys). A role called "baton" gets
/// "baton_public" beside "public", because "$user" in its search path would find a schema "baton" first; all
/// instances use one role.
pg::OwnSchema own_schema_for(const std::string& product_schema, const std::string& role = {});

/// Runs both lock protocols, the watch lock with its heartbeat, waiting, suspicion, takeover and release as
/// one state machine (README.md here). Locks are on sessions of its own, never from a pool. Loop thread only.
class Leadership {
  public:
    /// Called on the loop thread, in order. Empty ones are left out.
    struct Hooks {
        /// Runs inside the takeover, on the watch session, before the epoch is raised: the product schema is
        /// brought up to date here (the own schema is already). Left out where the look that comes with the
        /// watch lock finds it complete. Throwing gives all locks back and returns to standby.
        std::function<async::Task<void>(pg::Connection&)> prepare;
        /// The epoch is ours; may_act() is true from now on. Returns when the services run; throwing ends the
        /// epoch. Cancelled when the epoch ends before that; `unlead` is called then too.
        std::function<async::Task<void>(const Grant&)> lead;
        /// The epoch is over (lost, or asked to drain): end and await every task of it. `orderly` is true
        /// when there is time to drain; the locks are held and may_act() stays true until it returns, unless
        /// they are lost meanwhile. Called once for each `lead` that was called. Never cancelled; must not
        /// throw.
        std::function<async::Task<void>(bool orderly)> unlead;
        /// Every move of the state machine, after it happened. Must not throw.
        std::function<void(model::LeadershipState from, model::LeadershipState to, const std::string& why)>
            moved;
    };
    /// Throws StartRefused when the settings make no sense together (suspect_after, refresh_interval), or
    /// when session.application_name does not carry the first 28 characters of the client id within its first
    /// 63 bytes. `pool` is for signs of life; it, `clock`, `random` and `metrics` outlive it.
    Leadership(async::Executor executor, pg::Pool& pool, LeaseSettings settings, Hooks hooks,
               const Clock& clock, Random& random, Metrics& metrics, Logger log);
    ~Leadership();

    /// Works until released or cancelled: waits, takes over, leads, loses, waits again. Outages of the
    /// database are waited out, at the start too. Throws StartRefused, and Cancelled after it ended the epoch
    /// without draining. Once.
    async::Task<void> run();
    /// Orderly end (SIGTERM): drains through Hooks::unlead, releases advisory lock, lease, watch lock in this
    /// order, ends run(). Returns when all that is done. Whoever stops waiting for it does not stop the
    /// release.
    async::Task<void> release();

    /// Passes the leadership to whoever waits for it: drains as release() does, gives the locks back and
    /// queues again behind. Returns when the locks are given back; if nobody takes them, this instance leads
    /// again. With a name, the others let the instance of that name go first, and for at most `suspect_after`
    /// nobody else takes over. Throws InvalidInput, having changed nothing, when it does not lead, nobody
    /// waits or the named one does not.
    async::Task<void> hand_over(std::optional<std::string> to = std::nullopt);

    model::LeadershipState state() const;
    /// Self-fencing (leadership.md section 6): false when the last answered heartbeat was sent too long ago.
    /// Whoever is about to send something outside the database asks first.
    bool may_act() const;
    /// When something has to be over that is sent now, outside the database: before a standby may suspect
    /// this instance, even if its last heartbeat was the last one. Passed while may_act() is false.
    async::Deadline send_deadline() const;
    /// Since the last answered heartbeat was sent; nothing unless this instance leads.
    std::optional<std::chrono::nanoseconds> heartbeat_age() const;
    /// The fence was refused or a service found that it no longer leads: return to standby.
    void lost(std::string why);
    /// Product schema and own schema names; valid from the first answered connect on.
    const pg::OwnSchema& schemas() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::lease
