// Runs that wait for http tasks.

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/pipeline/http_testing.hpp"

namespace baton::pipeline::testing {

TEST_F(HttpTest, ReadyHttpTasksRunAtTheSameTime) {
    async::Event both(loop.executor());
    // Each answer waits for the other's request: one after the other would never end.
    const auto when_both = [](async::Event* event, std::vector<std::string>* seen_paths,
                              std::string body) -> async::Task<net::Response> {
        if (seen_paths->size() == 2) {
            event->notify();
        } else {
            co_await event->wait();
        }
        co_return text_response(200, std::move(body));
    };
    answer = [&](net::Request request) { return when_both(&both, &seen, request.path); };
    const RunOutcome outcome = execute("a [type=http url=\"" + url("/a") + "\"]; b [type=http url=\"" +
                                       url("/b") + "\"]; sum [type=memo value=<[$(a), $(b)]>]");
    EXPECT_EQ(outcome.run.outputs, R"([["/a","/b"]])");
}

TEST_F(HttpTest, AFailedRequestIsTriedAgain) {
    answer = [&](net::Request) {
        return at_once(seen.size() < 3 ? text_response(500, "{\"error\":\"busy\"}")
                                       : text_response(200, "5"));
    };
    const RunOutcome outcome =
        execute("a [type=http url=\"" + url() +
                "\" retries=4 minBackoff=\"1ms\" maxBackoff=\"2ms\"]; b [type=multiply times=2]; a -> b");
    EXPECT_EQ(outcome.run.outputs, R"(["10"])");
    EXPECT_EQ(outcome.run.all_errors, std::nullopt);
    EXPECT_EQ(seen.size(), 3U);
}

TEST_F(HttpTest, TheTasksTimeoutEndsItsRequest) {
    answer = [](net::Request) { return never(); };
    const RunOutcome outcome = execute("a [type=http timeout=\"30ms\" url=\"" + url() + "\"]");
    EXPECT_EQ(row(outcome.run, "a").error, "http request timed out or interrupted");
    EXPECT_EQ(seen.size(), 1U);
}

TEST_F(HttpTest, AfterTheRunsTimeOnlyPureTasksGoOn) {
    answer = [](net::Request) { return never(); };
    environment.most = std::chrono::milliseconds(30);
    const RunOutcome outcome =
        execute("a [type=http timeout=0 url=\"" + url() + "\"]; b [type=http url=\"" + url() +
                "\" index=1]; c [type=any index=2]; d [type=memo value=1]; a -> c; d -> c");
    EXPECT_EQ(row(outcome.run, "b").error, "http request timed out or interrupted");
    EXPECT_EQ(row(outcome.run, "c").output, R"("1")");
}

TEST_F(HttpTest, CancellationDuringARequestLeavesNothing) {
    answer = [](net::Request) { return never(); };
    std::optional<bool> cancelled;
    const auto run = [](Engine* runner, RunRequest what, std::optional<bool>* out) -> async::Task<void> {
        try {
            co_await runner->execute(std::move(what));
            *out = false;
        } catch (const std::exception&) {
            *out = async::is_cancellation(std::current_exception());
        }
    };
    // One request that the run waits for alone, and two at the same time.
    for (const std::string& graph : std::vector<std::string>{
             "a [type=http url=\"" + url() + "\"]",
             "a [type=http url=\"" + url() + "\"]; b [type=http url=\"" + url() + "\"]"}) {
        async::TaskGroup group(loop.executor());
        cancelled.reset();
        seen.clear();
        group.spawn("run", run(&engine, request(graph), &cancelled));
        loop.run_until_done(arrived.wait());
        loop.run_until_done(group.stop());
        EXPECT_EQ(cancelled, true) << graph;
        EXPECT_EQ(http.active(), 0U) << graph;
    }
}

TEST_F(HttpTest, FailEarlyAwaitsRunningRequests) {
    answer = [](net::Request) { return at_once(text_response(200, "late")); };
    const RunOutcome outcome =
        execute("a [type=http url=\"" + url() +
                "\" index=1]; b [type=fail msg=stop failEarly=true index=2]; c [type=lowercase]; a -> c");
    EXPECT_TRUE(outcome.fail_silently);
    EXPECT_EQ(row(outcome.run, "a").output, R"("late")");
    EXPECT_EQ(row(outcome.run, "c").error, "task run cancelled (fail early)");
}

}  // namespace baton::pipeline::testing
