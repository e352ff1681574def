#pragma once

#include "baton/async/event.hpp"
#include "baton/pg/pool.hpp"
#include "baton/store/own.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace baton::app {

/// Who leads, as this instance last saw it in the database. Loop thread only.
class LeaderWatch {
  public:
    /// See store::current_leader for `silence`; `query_timeout` is for each look. The pool outlives it.
    LeaderWatch(async::Executor executor, pg::Pool& pool, std::chrono::milliseconds silence,
                std::chrono::milliseconds query_timeout);

    /// Quoted name of the own schema; empty (not known yet) changes nothing.
    void set_own_schema(std::string name);
    /// This instance leads, or does no longer.
    void set_leading(bool leading);

    const std::optional<store::CurrentLeader>& leader() const { return leader_; }
    /// How long nobody has been known to lead; zero while somebody is.
    std::chrono::nanoseconds leaderless_for() const;

    /// Looks now. Throws what the database answers; nobody is known to lead then.
    async::Task<void> look();
    /// Looks for those who wait in look_soon(). For ever; throws Cancelled only.
    async::Task<void> serve();
    /// For calls that wait for a leader: returns after the next look, which comes soon, or at the deadline,
    /// however long the database takes. Any number of tasks share a look. Throws Cancelled only.
    async::Task<void> look_soon(async::Deadline until);
    /// Returns after a look or a change of this instance's role. Throws Cancelled only.
    async::Task<void> news() { return looked_.wait_for_news(); }

  private:
    /// Wakes whoever waits at that moment, and only those.
    class News {
      public:
        explicit News(async::Executor executor) : event_(std::move(executor)) {}
        void tell() {
            ++told_;
            event_.notify();
        }
        async::Task<void> wait_for_news(async::Deadline until = async::Deadline::never());

      private:
        async::Event event_;
        std::uint64_t told_ = 0;
    };
    async::Task<void> look_quietly();

    pg::Pool& pool_;
    std::chrono::milliseconds silence_;
    std::chrono::milliseconds query_timeout_;
    std::string own_schema_;
    bool leading_ = false;
    std::optional<store::CurrentLeader> leader_;
    BootClock::time_point last_known_;
    async::Event asked_;
    News looked_;
};

}  // namespace baton::app
