#include "baton/async/group.hpp"

#include "baton/async/event.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/timer.hpp"
#include "baton/base/error.hpp"

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace baton::async {
namespace {

using namespace std::chrono_literals;

struct GroupTest : testing::Test {
    Loop loop;
    std::vector<std::string> told;
    TaskGroup::OnError on_error = [this](const std::string& name, std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& failure) {
            told.push_back(name + ": " + failure.what());
        }
    };
    std::vector<std::string> steps;
};

Task<void> note(std::vector<std::string>* steps, std::string text) {
    steps->push_back(std::move(text));
    co_return;
}

Task<void> wait_for_cancellation(std::vector<std::string>* steps) {
    try {
        co_await sleep_until(Deadline::never());
    } catch (const Cancelled&) {
        steps->push_back("cancelled");
        throw;
    }
}

Task<void> fail(std::string text) {
    co_await sleep_for(0ns);
    throw Error(text);
}

TEST_F(GroupTest, StartsTasksAtTheNextTurnAndJoinsThem) {
    TaskGroup group(loop.executor());
    group.spawn("a", note(&steps, "a"));
    group.spawn("b", note(&steps, "b"));
    EXPECT_TRUE(steps.empty()) << "a task must not run inside spawn()";
    EXPECT_EQ(group.size(), 2u);
    loop.run_until_done(group.join());
    EXPECT_EQ(steps, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(group.size(), 0u);
}

TEST_F(GroupTest, TellsOfErrorsButNotOfCancellation) {
    TaskGroup group(loop.executor(), on_error);
    group.spawn("bad", fail("broken"));
    group.spawn("waiting", wait_for_cancellation(&steps));
    loop.poll();
    loop.run_until_done(group.stop());
    EXPECT_EQ(told, std::vector<std::string>{"bad: broken"});
    EXPECT_EQ(steps, std::vector<std::string>{"cancelled"});
}

TEST_F(GroupTest, DropsWhatWasNotStartedWhenCancelled) {
    TaskGroup group(loop.executor(), on_error);
    group.spawn("before", note(&steps, "before"));
    group.cancel();
    group.spawn("after", note(&steps, "after"));
    loop.run_until_done(group.join());
    EXPECT_TRUE(steps.empty());
    EXPECT_TRUE(told.empty());
}

Task<void> cancel_itself(TaskGroup* group, std::vector<std::string>* steps) {
    group->cancel();
    steps->push_back("asked");
    co_await note(steps, "went on");
}

TEST_F(GroupTest, ATaskCanCancelItsOwnGroup) {
    TaskGroup group(loop.executor(), on_error);
    group.spawn("self", cancel_itself(&group, &steps));
    loop.run_until_done(group.join());
    EXPECT_EQ(steps, std::vector<std::string>{"asked"});
    EXPECT_TRUE(told.empty());
}

Task<void> drain(std::vector<std::string>* steps, bool shielded) {
    bool cancelled = false;
    try {
        co_await sleep_until(Deadline::never());
    } catch (const Cancelled&) {
        cancelled = true;
    }
    if (cancelled && shielded) co_await shield_cancellation();
    co_await sleep_for(1us);
    co_await note(steps, "drained");
}

TEST_F(GroupTest, ACleanUpCanAwaitOnlyBehindTheShield) {
    for (const bool shielded : {false, true}) {
        steps.clear();
        TaskGroup group(loop.executor(), on_error);
        group.spawn("drain", drain(&steps, shielded));
        loop.poll();
        loop.run_until_done(group.stop());
        EXPECT_EQ(steps.size(), shielded ? 1u : 0u);
    }
    EXPECT_TRUE(told.empty()) << "cancellation in either form is no error";
}

Task<void> own_a_group(std::vector<std::string>* steps, Event* release) {
    TaskGroup inner(co_await current_executor());
    inner.spawn("inner", [](std::vector<std::string>* out, Event* event) -> Task<void> {
        co_await event->wait();
        out->push_back("inner ended");
    }(steps, release));
    co_await inner.join();
    steps->push_back("joined");
    co_await note(steps, "not reached");
}

TEST_F(GroupTest, CancellationOfTheJoinerDoesNotAbandonTheChildren) {
    TaskGroup outer(loop.executor(), on_error);
    Event release(loop.executor());
    outer.spawn("outer", own_a_group(&steps, &release));
    loop.poll();
    outer.cancel();
    loop.poll();
    EXPECT_EQ(outer.size(), 1u);
    release.notify();
    loop.run_until_done(outer.join());
    EXPECT_EQ(steps, (std::vector<std::string>{"inner ended", "joined"}));
}

TEST(GroupDeathTest, EndsTheProgramWhenTasksWouldOutliveIt) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    std::vector<std::string> steps;
    EXPECT_DEATH(
        {
            Loop loop;
            TaskGroup group(loop.executor());
            group.spawn("forgotten", wait_for_cancellation(&steps));
        },
        "forgotten");
}

TEST(Cancellation, IsRecognisedInBothForms) {
    EXPECT_TRUE(is_cancellation(std::make_exception_ptr(Cancelled())));
    EXPECT_TRUE(is_cancellation(std::make_exception_ptr(
        boost::system::system_error(make_error_code(boost::asio::error::operation_aborted)))));
    EXPECT_FALSE(is_cancellation(std::make_exception_ptr(TimedOut("late"))));
    EXPECT_FALSE(is_cancellation(nullptr));
}

}  // namespace
}  // namespace baton::async
