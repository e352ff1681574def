#include "baton/async/failure.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/base/error.hpp"
#include "baton/base/error_text.hpp"

#include <gtest/gtest.h>

namespace baton::async {
namespace {

Task<void> works() {
    co_return;
}

Task<void> fails() {
    throw Error("told to fail");
    co_return;
}

Task<void> waits_for_ever(Event* began, Event* never) {
    began->notify();
    co_await never->wait();
}

Task<void> keep(Task<void> work, std::exception_ptr* failure) {
    *failure = co_await failure_of(std::move(work));
}

TEST(FailureOf, IsNullOrWhatTheWorkThrew) {
    Loop loop;
    std::exception_ptr failure;
    loop.run_until_done(keep(works(), &failure));
    EXPECT_FALSE(failure);
    loop.run_until_done(keep(fails(), &failure));
    ASSERT_TRUE(failure);
    EXPECT_EQ(text_of(failure), "told to fail");
}

TEST(FailureOf, ACancellationIsOneToo) {
    Loop loop;
    Event began(loop.executor()), never(loop.executor());
    std::exception_ptr failure;
    TaskGroup group(loop.executor());
    group.spawn("waits", keep(waits_for_ever(&began, &never), &failure));
    loop.run_until_done(began.wait());
    loop.run_until_done(group.stop());
    ASSERT_TRUE(failure);
    EXPECT_TRUE(is_cancellation(failure));
}

}  // namespace
}  // namespace baton::async
