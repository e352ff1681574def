#pragma once

#include "baton/async/event.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/log.hpp"
#include "baton/lease/gap.hpp"
#include "baton/lease/lease.hpp"
#include "baton/model/leadership.hpp"
#include "baton/pg/pool.hpp"

#include <functional>
#include <optional>
#include <string>

namespace baton::lease {

/// What this instance says of itself: its row of `instances`, every two seconds and at each move, unfenced;
/// while it leads also leadership.alive_at, fenced; since when nobody led before it, and after it. And the
/// line that says whom a standby waits for. On a session of the pool: one of its own would be one more that a
/// killed leader leaves behind. Loop thread only.
class Presence {
  public:
    /// `refused` is called when the fence refuses this instance. `pool` outlives it.
    Presence(async::Executor executor, pg::Pool& pool, LeaseSettings settings, const Clock& clock,
             std::function<void(const std::string&)> refused, Logger log);

    /// Works until finish() or cancellation.
    async::Task<void> run();
    /// Where its tables are; it writes as soon as they exist.
    void set_names(pg::OwnSchema names);
    /// The state that the row shows from the next write on, which follows at once.
    void set_state(model::LeadershipState state);
    /// While set, alive_at is written too.
    void set_fence(std::optional<pg::Fence> fence);
    /// Goes with the next write.
    void set_gap(GapStart gap);
    /// Says at once, and then once a minute while the state is standby, whom this instance waits for.
    void announce_wait();
    /// Waits until the state that was set last is written, for at most so long.
    async::Task<void> written(std::chrono::nanoseconds limit);
    /// Writes the last state and ends run(), at the limit without having written. Errors are logged only: the
    /// row grows old by itself.
    async::Task<void> finish(model::LeadershipState last, std::chrono::nanoseconds limit);

  private:
    class Running;
    async::Task<void> turn_or_say_why();
    async::Task<void> turn();
    async::Task<void> turn_on(pg::Connection& connection);
    async::Task<void> write(pg::Connection& connection);
    std::vector<pg::Statement> statements() const;
    async::Task<void> write_priority(pg::Connection& connection);
    async::Task<void> forget_old_rows(pg::Connection& connection);
    async::Task<void> say_whom_we_wait_for(pg::Connection& connection);
    bool announcement_due() const;
    async::Task<bool> table_exists(pg::Connection& connection, std::string schema, std::string table);
    async::Deadline limit() const { return async::Deadline::after(settings_.query_timeout); }
    model::Instance row() const;
    void turn_failed(const std::exception_ptr& error);

    LeaseSettings settings_;
    const Clock& clock_;
    std::function<void(const std::string&)> refused_;
    Logger log_;
    pg::Pool& pool_;
    /// Of the turn under way.
    pg::Connection* connection_ = nullptr;
    async::Event changed_;
    async::Event ended_;
    async::Event wrote_;
    /// How many states were set, and how many of them are written.
    std::uint64_t states_set_ = 0;
    std::uint64_t states_written_ = 0;
    std::optional<pg::OwnSchema> names_;
    model::LeadershipState state_ = model::LeadershipState::starting;
    std::optional<pg::Fence> fence_;
    std::optional<GapStart> gap_;
    bool tables_exist_ = false;
    bool running_ = false;
    bool finished_ = false;
    bool forgot_old_rows_ = false;
    bool wrote_priority_ = false;
    bool failing_ = false;
    bool announce_ = false;
    std::optional<BootClock::time_point> announced_at_;
};

/// The client id in the application_name of a v1.11.0's session, e.g. "Chainlink 1.11.0 |App|72657a37-...";
/// nothing for others.
std::optional<Uuid> v1_client_id(const std::string& application_name);

}  // namespace baton::lease
