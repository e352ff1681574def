#include "baton/async/event.hpp"

#include "baton/async/future.hpp"
#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/timer.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace baton::async {
namespace {

using namespace std::chrono_literals;

struct EventTest : testing::Test {
    Loop loop;
    Event event{loop.executor()};
    TaskGroup group{loop.executor()};
    int woken = 0;
    ~EventTest() override { loop.run_until_done(group.stop()); }
};

Task<void> count_wake(Event* event, int* woken) {
    const bool notified = co_await event->wait();
    if (notified) ++*woken;
}

TEST_F(EventTest, WakesEveryCurrentWaiterAndRemembersNothingThen) {
    group.spawn("1", count_wake(&event, &woken));
    group.spawn("2", count_wake(&event, &woken));
    loop.poll();
    event.notify();
    group.spawn("late", count_wake(&event, &woken));
    loop.poll();
    EXPECT_EQ(woken, 2) << "the notification was consumed by those who waited";
    event.notify();
    loop.poll();
    EXPECT_EQ(woken, 3);
}

TEST_F(EventTest, RemembersOneNotificationWhileNobodyWaits) {
    event.notify();
    event.notify();
    EXPECT_TRUE(loop.run_until_done(event.wait()));
    EXPECT_FALSE(loop.run_until_done(event.wait(Deadline::after(0ns)))) << "two notifications are one";
}

TEST_F(EventTest, ANotificationBetweenWakingAndLookingIsNotLost) {
    group.spawn("1", count_wake(&event, &woken));
    loop.poll();
    event.notify();
    // The waiter is on its way but has not looked yet.
    event.notify();
    loop.poll();
    EXPECT_EQ(woken, 1);
    EXPECT_TRUE(loop.run_until_done(event.wait(Deadline::after(0ns))));
}

TEST_F(EventTest, CancelledWaitersLeaveTheNotificationToOthers) {
    TaskGroup other(loop.executor());
    other.spawn("cancelled", count_wake(&event, &woken));
    loop.poll();
    loop.run_until_done(other.stop());
    event.notify();
    EXPECT_TRUE(loop.run_until_done(event.wait(Deadline::after(0ns))));
    EXPECT_EQ(woken, 0);
}

TEST_F(EventTest, PromiseHandsOverValueErrorAndTimeOut) {
    const Promise<std::string> value(loop.executor());
    value.set_value("first");
    value.set_value("second");
    EXPECT_EQ(loop.run_until_done(value.get()), "first");

    const Promise<int> error(loop.executor());
    error.set_error(std::make_exception_ptr(NotFound("nobody")));
    EXPECT_THROW(loop.run_until_done(error.get()), NotFound);

    const Promise<int> never(loop.executor());
    EXPECT_THROW(loop.run_until_done(never.get(Deadline::after(0ns))), TimedOut);
}

struct MutexTest : testing::Test {
    Loop loop;
    Mutex mutex{loop.executor()};
    std::vector<int> order;
};

Task<void> take(Mutex* mutex, int number, std::vector<int>* order) {
    const Mutex::Guard guard = co_await mutex->lock();
    order->push_back(number);
    co_await sleep_for(0ns);
    order->push_back(number);
}

TEST_F(MutexTest, IsFifoAndExclusiveAcrossWaits) {
    TaskGroup group(loop.executor());
    for (int number = 1; number <= 3; ++number) {
        group.spawn("take", take(&mutex, number, &order));
    }
    loop.run_until_done(group.join());
    EXPECT_EQ(order, (std::vector<int>{1, 1, 2, 2, 3, 3}));
}

TEST_F(MutexTest, ACancelledWaiterDoesNotKeepTheLock) {
    std::optional<Mutex::Guard> held(loop.run_until_done(mutex.lock()));
    TaskGroup doomed(loop.executor());
    TaskGroup group(loop.executor());
    doomed.spawn("doomed", take(&mutex, 1, &order));
    loop.poll();
    group.spawn("next", take(&mutex, 2, &order));
    loop.poll();
    // Handed over first, cancelled before it can run.
    held.reset();
    doomed.cancel();
    loop.run_until_done(doomed.join());
    loop.run_until_done(group.join());
    EXPECT_EQ(order.back(), 2);
    loop.run_until_done(mutex.lock());
}

}  // namespace
}  // namespace baton::async
