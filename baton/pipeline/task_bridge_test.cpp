#include "baton/async/group.hpp"
#include "baton/codec/json.hpp"
#include "baton/pipeline/bridges.hpp"
#include "baton/pipeline/http_testing.hpp"

#include <functional>

namespace baton::pipeline::testing {

namespace {

/// One bridge "price", and a place for one answer.
class FakeBridges : public Bridges {
  public:
    Settings settings() const override { return chosen; }
    async::Task<std::optional<std::string>> find_url(std::string name) override {
        if (fault) throw Error(*fault);
        if (name != "price") co_return std::nullopt;
        co_return url;
    }
    async::Task<std::optional<std::string>> last_answer(std::int32_t spec, std::string dot_id,
                                                        std::chrono::seconds max_age) override {
        asked_for = std::to_string(spec) + "/" + dot_id + "/" + std::to_string(max_age.count());
        if (fault_of_answers) throw Error(*fault_of_answers);
        co_return kept;
    }
    async::Task<void> keep_answer(std::int32_t, std::string, std::string answer) override {
        if (fault_of_answers) throw Error(*fault_of_answers);
        kept = std::move(answer);
        co_return;
    }

    Settings chosen;
    std::string url;
    std::optional<std::string> kept;
    std::string asked_for;
    std::optional<std::string> fault;
    std::optional<std::string> fault_of_answers;
};

}  // namespace

class BridgeTaskTest : public EngineTest {
  protected:
    BridgeTaskTest()
        : server(loop.executor(), loopback(),
                 [this](net::Request request) { return answer(std::move(request)); }) {
        server.listen();
        bridges.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/price";
        environment.adapters = &bridges;
        response.body = R"({"data":{"result":3}})";
    }
    ~BridgeTaskTest() override { loop.run_until_done(server.close_all()); }

    model::TaskRun task(const std::string& attributes) {
        outcome = execute("a [type=bridge name=price " + attributes + "]");
        return row(outcome.run, "a");
    }
    double counted(const std::string& counter) { return metrics.counters[{counter, {{"name", "price"}}}]; }

    FakeBridges bridges;
    net::Response response;
    std::function<void(const net::Request&)> on_request;
    std::vector<net::Request> seen;
    RunOutcome outcome;
    net::HttpServer server;

  private:
    async::Task<net::Response> answer(net::Request request) {
        if (on_request) on_request(request);
        seen.push_back(std::move(request));
        co_return response;
    }
};

namespace {

TEST_F(BridgeTaskTest, TheAdapterIsAskedOnLoopbackAndCounted) {
    EXPECT_EQ(task(R"g(requestData="{}")g").output, R"("{\"data\":{\"result\":3}}")");
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].method, "POST");
    EXPECT_EQ(seen[0].body, "{}");
    EXPECT_FALSE(seen[0].headers.contains("Authorization"));
    EXPECT_EQ((metrics.gauges.count({"bridge_latency_seconds", {{"name", "price"}}})), 1U);
    EXPECT_EQ((metrics.gauges[{"pipeline_task_http_response_body_size", {{"pipeline_task_spec_id", "a"}}}]),
              21);
    EXPECT_EQ(counted("bridge_errors_total"), 0);
}

TEST_F(BridgeTaskTest, ABridgeThatCannotBeFoundIsTheTasksError) {
    EXPECT_EQ(row(execute("a [type=bridge name=other]").run, "a").error,
              "could not find bridge with name 'other': sql: no rows in result set");
    bridges.fault = "the database is away";
    EXPECT_EQ(task("").error, "could not find bridge with name 'price': the database is away");
    environment.adapters = nullptr;
    EXPECT_EQ(task("").error, "could not find bridge with name 'price': sql: no rows in result set");
    EXPECT_TRUE(seen.empty());
}

TEST_F(BridgeTaskTest, AGoodAnswerStandsInForALaterFailure) {
    ASSERT_TRUE(task(R"g(cacheTTL="1h")g").output);
    response.status = 404;
    response.body = "gone";
    EXPECT_EQ(task(R"g(cacheTTL="1h")g").output, R"("{\"data\":{\"result\":3}}")");
    EXPECT_EQ(bridges.asked_for, "70/a/1800") << "half an hour at most";
    EXPECT_EQ(counted("bridge_cache_hits_total"), 1);
    EXPECT_EQ(counted("bridge_errors_total"), 1);
    EXPECT_EQ(task("").error, "got error from " + bridges.url + ": (status code 404) ");
}

TEST_F(BridgeTaskTest, AnAnswerThatCannotBeKeptOrReadIsNoFailureOfItsOwn) {
    bridges.fault_of_answers = "the database is away";
    EXPECT_TRUE(task(R"g(cacheTTL="1m")g").output);
    response.status = 500;
    EXPECT_EQ(task(R"g(cacheTTL="1m")g").error,
              "got error from " + bridges.url + R"(: (status code 500) {"data":{"result":3}})");
    EXPECT_EQ(counted("bridge_cache_errors_total"), 1);
}

TEST_F(BridgeTaskTest, AnAnswerWithinTheLimitIsTakenAndALargerOneRefused) {
    environment.limits.max_bytes = 21;
    EXPECT_TRUE(task("").output);
    environment.limits.max_bytes = 20;
    EXPECT_EQ(task("").error, "error making http request: http: request body too large");
}

TEST_F(BridgeTaskTest, AnAsynchronousOneWaitsForItsResult) {
    bridges.chosen.response_url = "http://node.example.org:6688/behind/../a/";
    response.body = R"({"Pending":true})";
    const auto asked = task("async=true");
    EXPECT_EQ(outcome.run.state, model::RunState::suspended);
    EXPECT_FALSE(asked.finished_at);
    EXPECT_EQ(seen[0].body, R"({"responseURL":"http://node.example.org:6688/a/v2/resume/)" +
                                asked.id.to_string() + R"("})");
    EXPECT_EQ(bridges.kept, std::nullopt) << "what says pending is no answer to keep";

    const auto finished = resume("a [type=bridge name=price async=true]", outcome.run, "a", "21");
    EXPECT_EQ(finished.run.state, model::RunState::completed);
    EXPECT_EQ(finished.run.outputs, "[21]");
    EXPECT_EQ(seen.size(), 1U) << "it was asked once";
}

TEST_F(BridgeTaskTest, AResultThatComesBeforeTheAdaptersAnswerIsUsed) {
    response.body = R"({"pending":true})";
    bridges.chosen.response_url = "http://node";
    std::vector<AwaitedResults::Put> puts;
    on_request = [&](const net::Request& request) {
        const std::string url = codec::string_or(codec::read_json(request.body), "responseURL");
        const Uuid id = *Uuid::parse(url.substr(url.rfind('/') + 1));
        puts.push_back(engine.awaited()->put(id, {"21", std::nullopt}));
        puts.push_back(engine.awaited()->put(id, {"22", std::nullopt}));
        puts.push_back(engine.awaited()->put({}, {"22", std::nullopt}));
    };
    const auto finished =
        execute(R"g(a [type=bridge name=price async=true]; b [type=multiply input="$(a)" times=2]; a -> b)g");
    using Put = AwaitedResults::Put;
    EXPECT_EQ(puts, (std::vector<Put>{Put::kept, Put::kept, Put::unknown}));
    EXPECT_EQ(finished.run.state, model::RunState::completed);
    EXPECT_EQ(finished.run.outputs, R"(["42"])");
    EXPECT_EQ(row(finished.run, "a").output, "21");
}

TEST_F(BridgeTaskTest, WhoComesWhileTheRunIsStoredWaitsForThat) {
    response.body = R"({"pending":true})";
    const auto asked = task("async=true");
    const auto results = engine.awaited();
    EXPECT_EQ(results->put(asked.id, {"21", std::nullopt}), AwaitedResults::Put::closed);
    bool waited = false;
    async::TaskGroup group(loop.executor());
    const auto wait = [](std::shared_ptr<AwaitedResults> from, Uuid id, bool* done) -> async::Task<void> {
        co_await AwaitedResults::gone(from, id);
        *done = true;
    };
    group.spawn("waits", wait(results, asked.id, &waited));
    loop.poll();
    EXPECT_FALSE(waited);
    outcome.awaited.reset();
    loop.run_until_done(group.join());
    EXPECT_TRUE(waited);
    EXPECT_EQ(results->put(asked.id, {"21", std::nullopt}), AwaitedResults::Put::unknown);
}

TEST_F(BridgeTaskTest, AnAsynchronousOneMayAnswerAtOnce) {
    for (const auto* body :
         {R"({"pending":"true"})", R"({"pending":false})", "pending", R"({"pending":true} x)"}) {
        response.body = body;
        EXPECT_TRUE(task("async=true").output) << body;
        EXPECT_EQ(outcome.run.state, model::RunState::completed) << body;
    }
}

}  // namespace
}  // namespace baton::pipeline::testing
