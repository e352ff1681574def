#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/net/http_server.hpp"
#include "baton/net/test_sockets.hpp"
#include "baton/pipeline/engine_testing.hpp"
#include "baton/pipeline/http_call.hpp"

#include <functional>

namespace baton::pipeline::testing {

namespace {

net::Response text_response(unsigned status, std::string body) {
    net::Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

}  // namespace

/// Runs with http tasks against a server on loopback whose answers a test makes.
class EngineHttpTest : public EngineTest {
  protected:
    EngineHttpTest() : arrived(loop.executor()), server(loop.executor(), loopback(), handler()) {
        server.listen();
    }
    ~EngineHttpTest() override { loop.run_until_done(server.close_all()); }

    std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(server.port()) + path;
    }

    /// Called with every request, in order.
    std::function<async::Task<net::Response>(net::Request)> answer;
    std::vector<std::string> seen;
    async::Event arrived;
    net::HttpServer server;

  private:
    static net::ServerOptions loopback() {
        net::ServerOptions options;
        options.address = "127.0.0.1";
        return options;
    }
    net::HttpServer::Handler handler() {
        return [this](net::Request request) {
            seen.push_back(request.target);
            arrived.notify();
            return answer(std::move(request));
        };
    }
};

namespace {

async::Task<net::Response> at_once(net::Response response) {
    co_return response;
}

/// Until the server closes.
async::Task<net::Response> never() {
    co_await async::sleep_for(std::chrono::hours(1));
    co_return net::Response();
}

}  // namespace

TEST_F(EngineHttpTest, ReadyHttpTasksRunAtTheSameTime) {
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

TEST_F(EngineHttpTest, AFailedRequestIsTriedAgain) {
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

TEST_F(EngineHttpTest, TheTasksTimeoutEndsItsRequest) {
    answer = [](net::Request) { return never(); };
    const RunOutcome outcome = execute("a [type=http timeout=\"30ms\" url=\"" + url() + "\"]");
    EXPECT_EQ(row(outcome.run, "a").error, "http request timed out or interrupted");
    EXPECT_EQ(seen.size(), 1U);
}

TEST_F(EngineHttpTest, TheConfiguredTimeoutCountsWithoutOneOfTheTasksOwn) {
    answer = [](net::Request) { return never(); };
    environment.limits.default_timeout = std::chrono::milliseconds(30);
    EXPECT_EQ(row(execute("a [type=http url=\"" + url() + "\"]").run, "a").error,
              "http request timed out or interrupted");
    // timeout=0 takes it away; the job's limit stays.
    RunRequest wanted = request("a [type=http timeout=0 url=\"" + url() + "\"]");
    wanted.max_task_duration = std::chrono::milliseconds(60);
    EXPECT_EQ(row(execute(std::move(wanted)).run, "a").error, "http request timed out or interrupted");
}

TEST_F(EngineHttpTest, AfterTheRunsTimeOnlyPureTasksGoOn) {
    answer = [](net::Request) { return never(); };
    environment.most = std::chrono::milliseconds(30);
    const RunOutcome outcome =
        execute("a [type=http timeout=0 url=\"" + url() + "\"]; b [type=http url=\"" + url() +
                "\" index=1]; c [type=any index=2]; d [type=memo value=1]; a -> c; d -> c");
    EXPECT_EQ(row(outcome.run, "b").error, "http request timed out or interrupted");
    EXPECT_EQ(row(outcome.run, "c").output, R"("1")");
}

TEST_F(EngineHttpTest, CancellationDuringARequestLeavesNothing) {
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

TEST_F(EngineHttpTest, FailEarlyAwaitsRunningRequests) {
    answer = [](net::Request) { return at_once(text_response(200, "late")); };
    const RunOutcome outcome =
        execute("a [type=http url=\"" + url() +
                "\" index=1]; b [type=fail msg=stop failEarly=true index=2]; c [type=lowercase]; a -> c");
    EXPECT_TRUE(outcome.fail_silently);
    EXPECT_EQ(row(outcome.run, "a").output, R"("late")");
    EXPECT_EQ(row(outcome.run, "c").error, "task run cancelled (fail early)");
}

TEST_F(EngineHttpTest, HeadersOfTheTaskAreSentCanonically) {
    std::vector<std::string> names;
    answer = [&](net::Request request) {
        for (const auto& [name, value] : request.headers)
            names.push_back(name + ": " + value);
        return at_once(text_response(200, ""));
    };
    execute("a [type=http method=POST url=\"" + url() +
            R"(" headers=<["x-key","1","X-KEY","2","content-type","text/plain","host","evil"]>])");
    EXPECT_NE(std::ranges::find(names, "X-Key: 2"), names.end());
    EXPECT_NE(std::ranges::find(names, "Content-Type: text/plain"), names.end());
    EXPECT_EQ(std::ranges::find(names, "X-Key: 1"), names.end());
    EXPECT_EQ(std::ranges::find(names, "Host: evil"), names.end());
}

TEST_F(EngineHttpTest, HeadersThatWouldSplitTheRequestAreRefused) {
    const RunOutcome outcome =
        execute("a [type=http url=\"" + url() + R"(" headers=<["X-A","1\r\nX-B: 2"]>])");
    EXPECT_EQ(row(outcome.run, "a").error, "error making http request: Get \"" + url() +
                                               "\": net/http: invalid header field value for \"X-A\"");
    EXPECT_TRUE(seen.empty());
}

TEST_F(EngineHttpTest, AnAnswerBeyondTheLimitIsAnError) {
    environment.limits.max_bytes = 4;
    answer = [&](net::Request) { return at_once(text_response(200, seen.size() == 1 ? "1234" : "12345")); };
    EXPECT_EQ(row(execute("a [type=http url=\"" + url() + "\"]").run, "a").output, R"("1234")");
    EXPECT_EQ(row(execute("a [type=http url=\"" + url() + "\"]").run, "a").error,
              "error making http request: http: request body too large");
}

TEST_F(EngineHttpTest, PasswordsOfUrlsStayOutOfErrors) {
    answer = [](net::Request) { return at_once(text_response(403, "")); };
    const std::string secret = "http://user:hunter2@127.0.0.1:" + std::to_string(server.port()) + "/";
    const RunOutcome refused = execute("a [type=http url=\"" + secret + "\"]");
    EXPECT_NE(row(refused.run, "a").error->find("user:***@127.0.0.1"), std::string::npos)
        << *row(refused.run, "a").error;
    EXPECT_EQ(row(refused.run, "a").error->find("hunter2"), std::string::npos);
}

TEST_F(EngineTest, ServersThatAnswerGarbageOrCloseGiveErrors) {
    net::testing::ScriptedServer garbage([](net::testing::RawSocket& socket, int) {
        socket.read_until("\r\n\r\n");
        socket.send("\x01\x02 this is no HTTP\r\n\r\n");
    });
    net::testing::ScriptedServer closing(
        [](net::testing::RawSocket& socket, int) { socket.read_until("\r\n\r\n"); });
    const RunOutcome outcome = execute("a [type=http url=\"" + garbage.url() + "\"]; b [type=http url=\"" +
                                       closing.url() + "\" index=1]");
    EXPECT_EQ(row(outcome.run, "a").error->find("error making http request: Get \"" + garbage.url() + "\": "),
              0U)
        << *row(outcome.run, "a").error;
    EXPECT_EQ(row(outcome.run, "b").error, "error making http request: Get \"" + closing.url() + "\": EOF");
}

TEST(RemoteErrorText, TakesTheErrorFieldsOrTheObject) {
    EXPECT_EQ(remote_error_text(R"({"error":"a","errorMessage":"b"})"), "a");
    EXPECT_EQ(remote_error_text(R"({"error":null,"errorMessage":"b"})"), "b");
    EXPECT_EQ(remote_error_text(R"({"Error":"any case"})"), "any case");
    EXPECT_EQ(remote_error_text(R"({"error":""})"), R"({"error":""})");
    EXPECT_EQ(remote_error_text(R"({"error":5})"), "");
    EXPECT_EQ(remote_error_text("[1]"), "");
    EXPECT_EQ(remote_error_text("Bad Gateway"), "");
}

}  // namespace baton::pipeline::testing
