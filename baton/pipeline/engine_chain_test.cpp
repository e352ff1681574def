// Runs that wait for a chain.

#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/pipeline/chain_testing.hpp"

namespace baton::pipeline::testing {

namespace {

const std::string call_task =
    R"(c [type=ethcall contract="0x3333333333333333333333333333333333333333" data="\"0x01\"")";

}  // namespace

TEST_F(ChainTest, TheRunsTimeLimitEndsACall) {
    chain.hangs = true;
    environment.most = std::chrono::milliseconds(30);
    EXPECT_EQ(row(execute(call_task + "]").run, "c").error,
              "remote eth node timed out: context deadline exceeded");
    environment.most = std::chrono::minutes(10);
    EXPECT_EQ(row(execute(call_task + " timeout=\"30ms\"]").run, "c").error,
              "remote eth node timed out: context deadline exceeded");
}

TEST_F(ChainTest, CancellationDuringACallLeavesNothing) {
    chain.hangs = true;
    async::TaskGroup group(loop.executor());
    bool ended = false;
    const auto run = [](Engine* of, RunRequest wanted, bool* done) -> async::Task<void> {
        co_await of->execute(std::move(wanted));
        *done = true;
    };
    group.spawn("run", run(&engine, request(call_task + "]"), &ended));
    while (chain.waiting == 0)
        loop.run_until_done(async::sleep_for(std::chrono::milliseconds(1)));
    loop.run_until_done(group.stop());
    EXPECT_FALSE(ended);
}

TEST_F(ChainTest, AFailedCallIsTriedAgain) {
    chain.result = fault("busy");
    execute(call_task + R"( retries=3 minBackoff="1ms" maxBackoff="1ms"])");
    EXPECT_EQ(chain.calls.size(), 3U);
}

}  // namespace baton::pipeline::testing
