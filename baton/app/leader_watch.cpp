#include "baton/app/leader_watch.hpp"

#include "baton/async/timer.hpp"
#include "baton/base/error.hpp"

namespace baton::app {

namespace {

/// While calls wait for a leader, and before the first look: the session that the former leader would open
/// for it at once is ended by the next one, which needs the processor more.
constexpr auto between_looks = std::chrono::milliseconds(20);

}  // namespace

async::Task<void> LeaderWatch::News::wait_for_news(async::Deadline until) {
    const auto before = told_;
    // The event remembers a notice that nobody waited for.
    while (told_ == before && !until.passed())
        co_await event_.wait(until);
}

LeaderWatch::LeaderWatch(async::Executor executor, pg::Pool& pool, std::chrono::milliseconds silence,
                         std::chrono::milliseconds query_timeout)
    : pool_(pool),
      silence_(silence),
      query_timeout_(query_timeout),
      last_known_(BootClock::now()),
      asked_(executor),
      looked_(executor) {}

void LeaderWatch::set_own_schema(std::string name) {
    if (!name.empty()) own_schema_ = std::move(name);
}

void LeaderWatch::set_leading(bool leading) {
    if (leading_) last_known_ = BootClock::now();
    leading_ = leading;
    looked_.tell();
}

std::chrono::nanoseconds LeaderWatch::leaderless_for() const {
    if (leading_ || leader_) return std::chrono::nanoseconds(0);
    return BootClock::now() - last_known_;
}

async::Task<void> LeaderWatch::look() {
    if (own_schema_.empty()) co_return;
    if (leader_) last_known_ = BootClock::now();
    std::optional<store::CurrentLeader> found;
    std::exception_ptr failure;
    try {
        found = co_await store::current_leader(pool_, own_schema_, silence_,
                                               async::Deadline::after(query_timeout_));
    } catch (const Error&) {
        failure = std::current_exception();
    }
    // Who led when the database last answered may be gone.
    leader_ = std::move(found);
    looked_.tell();
    if (failure) std::rethrow_exception(failure);
}

async::Task<void> LeaderWatch::look_quietly() {
    try {
        co_await look();
    } catch (const Cancelled&) {
        throw;
    } catch (const Error&) {
        co_return;  // the look every few seconds says so
    }
}

async::Task<void> LeaderWatch::serve() {
    for (;;) {
        co_await asked_.wait();
        co_await async::sleep_for(between_looks);
        co_await look_quietly();
    }
}

async::Task<void> LeaderWatch::look_soon(async::Deadline until) {
    asked_.notify();
    co_await looked_.wait_for_news(until);
}

}  // namespace baton::app
