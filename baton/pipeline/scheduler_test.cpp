#include "baton/pipeline/scheduler.hpp"

#include "baton/pipeline/backoff.hpp"

#include <gtest/gtest.h>

namespace baton::pipeline {

using codec::ErrorValue;
using codec::Value;
using State = Scheduler::Slot::State;

namespace {

std::vector<std::string> take_all(Scheduler& scheduler) {
    std::vector<std::string> names;
    while (const auto task = scheduler.take_ready())
        names.push_back(scheduler.graph().tasks()[*task].dot_id);
    return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST(Scheduler, InputsComeByIndexThenByTaskId) {
    const Graph graph(
        "c [type=any]; z [type=memo index=0]; y [type=memo index=2]; x [type=memo index=1]; "
        "w [type=memo index=1]; y->c; x->c; w->c; z->c");
    Scheduler scheduler(graph, {});
    scheduler.start();
    take_all(scheduler);
    for (const std::string name : {"w", "x", "y", "z"})
        scheduler.report(graph.find(name)->id, name, false);
    ASSERT_EQ(take_all(scheduler), Names{"c"});
    Names order;
    for (const Value* input : scheduler.inputs_for(graph.find("c")->id))
        order.push_back(*input->text_or_null());
    const bool x_first = graph.find("x")->id < graph.find("w")->id;
    EXPECT_EQ(order, (Names{"z", x_first ? "x" : "w", x_first ? "w" : "x", "y"}));
}

TEST(Scheduler, AnotherAttemptSeesTheVariablesOfTheFailure) {
    const Graph graph("a [type=memo retries=2 minBackoff=\"1s\"]; b [type=memo]");
    Scheduler scheduler(graph, {});
    scheduler.start();
    EXPECT_EQ(take_all(scheduler), (Names{"a", "b"}));
    EXPECT_EQ(scheduler.report(0, ErrorValue{"x"}, false), std::chrono::seconds(1));
    scheduler.report(1, 5, false);
    scheduler.retry(0);
    EXPECT_EQ(take_all(scheduler), Names{"a"});
    const auto vars = scheduler.vars_for(0);
    EXPECT_TRUE(vars->contains("a"));
    EXPECT_FALSE(vars->contains("b"));
    EXPECT_TRUE(scheduler.vars().contains("b"));
}

TEST(Scheduler, ALongResultIsNotCopied) {
    const Graph graph("a [type=memo]; b [type=memo]; c [type=memo]; a->c");
    Scheduler scheduler(graph, {});
    scheduler.start();
    take_all(scheduler);
    Value body = std::string(100'000, 'x');
    const auto* const text = body.text_or_null();
    scheduler.report(graph.find("a")->id, std::move(body), false);
    const auto before = scheduler.vars_for(graph.find("c")->id);
    scheduler.report(graph.find("b")->id, 1, false);
    EXPECT_NE(&scheduler.vars(), before.get()) << "the running attempt has variables of its own";
    for (const auto* vars : {before.get(), &scheduler.vars()})
        EXPECT_EQ(vars->at("a").text_or_null(), text);
    EXPECT_EQ(scheduler.inputs_for(graph.find("c")->id).at(0)->text_or_null(), text);
}

TEST(Scheduler, ARunningAttemptKeepsItsVariables) {
    const Graph graph("a [type=memo]; b [type=memo]");
    Scheduler scheduler(graph, {{"jobRun", "x"}});
    scheduler.start();
    take_all(scheduler);
    const auto vars = scheduler.vars_for(0);
    scheduler.report(1, 5, false);
    EXPECT_FALSE(vars->contains("b"));
    EXPECT_TRUE(scheduler.vars().contains("b"));
}

TEST(Scheduler, RetriesOneMeansOneAttempt) {
    const Graph graph("a [type=memo retries=1]");
    Scheduler scheduler(graph, {});
    scheduler.start();
    take_all(scheduler);
    EXPECT_EQ(scheduler.report(0, ErrorValue{"x"}, false), std::nullopt);
    EXPECT_TRUE(scheduler.idle());
}

TEST(Scheduler, PendingTasksHoldTheirDependantsOnly) {
    const Graph graph("a [type=ethtx]; b [type=memo]; c [type=memo]; a->c");
    Scheduler scheduler(graph, {});
    scheduler.start();
    take_all(scheduler);
    scheduler.report(0, Value(), true);
    scheduler.report(1, 1, false);
    EXPECT_TRUE(scheduler.idle());
    EXPECT_TRUE(scheduler.has_pending());
    EXPECT_EQ(scheduler.slots()[2].state, State::waiting);
    EXPECT_FALSE(scheduler.vars().contains("a"));
}

TEST(Scheduler, StoppingEndsPendingTasksToo) {
    const Graph graph("a [type=ethtx]; b [type=memo failEarly=true]");
    Scheduler scheduler(graph, {});
    scheduler.start();
    take_all(scheduler);
    scheduler.report(0, Value(), true);
    scheduler.report(1, ErrorValue{"x"}, false);
    EXPECT_TRUE(scheduler.stopped());
    EXPECT_FALSE(scheduler.has_pending());
    EXPECT_EQ(scheduler.slots()[0].value.error_or_null()->text, "task run cancelled (fail early)");
}

TEST(Scheduler, RestoredResultsAreNotRunAgain) {
    const Graph graph("a [type=memo]; b [type=memo]; c [type=memo]; d [type=memo]; a->b->c; d");
    Scheduler scheduler(graph, {});
    // In any order.
    scheduler.restore(graph.find("b")->id, 2);
    scheduler.restore(graph.find("a")->id, 1);
    scheduler.restore_pending(graph.find("d")->id);
    scheduler.start();
    EXPECT_EQ(take_all(scheduler), Names{"c"});
    EXPECT_TRUE(scheduler.vars().contains("a"));
}

TEST(Backoff, DoublesUpToTheMost) {
    using std::chrono::seconds;
    EXPECT_EQ(retry_delay(seconds(5), seconds(60), 1), seconds(5));
    EXPECT_EQ(retry_delay(seconds(5), seconds(60), 4), seconds(40));
    EXPECT_EQ(retry_delay(seconds(5), seconds(60), 5), seconds(60));
    EXPECT_EQ(retry_delay(seconds(1), seconds(0), 99), seconds(10));
    // Without overflow.
    EXPECT_EQ(retry_delay(std::chrono::nanoseconds(1), std::chrono::nanoseconds::max(), 4'000'000'000U),
              std::chrono::nanoseconds::max());
}

}  // namespace baton::pipeline
