#include "baton/async/run_all.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/timer.hpp"
#include "baton/base/error.hpp"

#include <gtest/gtest.h>

namespace baton::async {
namespace {

Task<void> wait_for(Event* event, bool* ended) {
    try {
        co_await event->wait();
    } catch (const Cancelled&) {
        *ended = true;
        throw;
    }
    throw Error("told to fail");
}

/// Runs a pair of tasks again and again, as somebody does who reconnects.
Task<void> run_for_ever(Event* fails, Event* idle, bool* idle_ended, int* rounds) {
    for (;;) {
        std::vector<NamedTask> tasks;
        tasks.push_back({"fails", wait_for(fails, idle_ended)});
        tasks.push_back({"idle", wait_for(idle, idle_ended)});
        auto all = run_all(std::move(tasks));
        try {
            co_await std::move(all);
        } catch (const Cancelled&) {
            throw;
        } catch (const Error&) {
            ++*rounds;
        }
    }
}

TEST(RunAll, EndsTheOthersWhenOneFailsAndStaysCancellable) {
    Loop loop;
    Event fails(loop.executor());
    Event idle(loop.executor());
    bool idle_ended = false;
    int rounds = 0;
    TaskGroup group(loop.executor());
    group.spawn("rounds", run_for_ever(&fails, &idle, &idle_ended, &rounds));
    loop.poll();
    fails.notify();
    while (rounds == 0)
        loop.poll();
    EXPECT_TRUE(idle_ended) << "the other task was cancelled";
    loop.poll();
    idle_ended = false;
    // A caller that caught the failure and went on still hears that it is cancelled; otherwise this waits for
    // ever.
    loop.run_until_done(group.stop());
    EXPECT_TRUE(idle_ended);
    EXPECT_EQ(rounds, 1);
}

}  // namespace
}  // namespace baton::async
