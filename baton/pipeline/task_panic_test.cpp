#include "baton/pipeline/engine_testing.hpp"
#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Panic, EndsAbnormallyWithItsMessage) {
    EXPECT_EQ(run("panic msg=\"oh no\""), "panic: oh no");
    EXPECT_EQ(run("panic"), "panic: ");
    EXPECT_EQ(run("panic msg=no", {"1", ErrorValue{"boom"}}), "panic: no") << "inputs do not matter";
}

TEST_F(EngineTest, APanicIsTheErrorOfItsTaskAlone) {
    const RunOutcome outcome =
        execute("a [type=panic msg=\"oh no\"]; b [type=any]; c [type=memo value=1]; a -> b; c -> b");
    EXPECT_EQ(row(outcome.run, "a").error, "goroutine panicked when executing run: oh no");
    EXPECT_EQ(row(outcome.run, "b").output, R"("1")");
    EXPECT_EQ(outcome.run.state, model::RunState::completed);
}

}  // namespace baton::pipeline::testing
