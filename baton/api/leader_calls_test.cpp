#include "baton/api/forward_mark.hpp"
#include "baton/api/test_world.hpp"
#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/net/http_server.hpp"
#include "baton/pg/error.hpp"

namespace baton::api {
namespace {

using model::Role;
using std::chrono::milliseconds;

const std::string runs_path = "/v2/jobs/0eec7e1d-d0d2-476c-a1a8-72dfb6633f46/runs";

/// A standby over stubs, and an HTTP server on its loop that plays the leader.
class Standby : public ::testing::Test {
  public:
    Standby() : client_(world.loop.executor()) {
        world.forward_client = &client_;
        world.leadership.leads = false;
        // Whatever takes longer will never happen.
        world.settings.forward_timeout = std::chrono::minutes(1);
        auto job = std::make_shared<model::Job>();
        job->id = 7;
        world.webhooks.result.job = job;
        world.webhooks.result.run.id = 12;
    }
    ~Standby() override {
        if (server_) world.loop.run_until_done(server_->close_all());
    }

    /// `leader` answers from now on.
    void leader_is(net::HttpServer::Handler leader) {
        net::ServerOptions options;
        options.address = "127.0.0.1";
        server_ = std::make_unique<net::HttpServer>(world.loop.executor(), std::move(options),
                                                    [this, leader = std::move(leader)](net::Request request) {
                                                        asked.push_back(request);
                                                        return leader(std::move(request));
                                                    });
        server_->listen();
        know_leader(server_->port(), 3);
    }
    void know_leader(std::uint16_t port, std::int64_t epoch) {
        world.leadership.other =
            LeadershipView::Leader{"chainlink", "http://127.0.0.1:" + std::to_string(port), epoch, token};
    }
    /// From now on this instance leads.
    void take_over() {
        world.leadership.leads = true;
        world.leadership.writes_with.fence.epoch = 4;
    }
    net::Response call() { return world.send_as(Role::run, "POST", runs_path, R"({"value":1})"); }
    net::Response create_job() { return world.send_as(Role::edit, "POST", "/v2/jobs", R"({"toml":"x"})"); }

    const Uuid token = *Uuid::parse("a5ac14e8-7629-4726-b1f1-1ae053fc829e");
    World world;
    std::vector<net::Request> asked;

  private:
    net::HttpClient client_;
    std::unique_ptr<net::HttpServer> server_;
};

async::Task<net::Response> accept(net::Request) {
    net::Response response;
    response.status = 201;
    response.headers.set("Content-Type", "text/plain");
    response.headers.set("X-Ratelimit-Remaining", "1");
    response.body = "done by the leader";
    co_return response;
}
async::Task<net::Response> refuse_forward(net::Request) {
    net::Response response;
    response.status = 503;
    response.headers.set(not_done_header, "1");
    co_return response;
}
async::Task<net::Response> hang(net::Request) {
    co_await async::sleep_for(std::chrono::hours(1));
    co_return net::Response{};
}
async::Task<net::Response> break_off(net::Request) {
    net::Response none;
    none.status = 0;  // the server closes the connection without an answer
    co_return none;
}

TEST_F(Standby, AWriteIsAnsweredByTheLeaderWithTheCallersIdentity) {
    leader_is(accept);
    net::Request request;
    request.method = "POST";
    request.target = "/v2/jobs?x=1";
    request.body = "body";
    request.headers.set("Cookie", world.cookie("session-of-edit"));
    request.headers.set("X-Forwarded-For", "10.1.1.1");
    request.headers.set("Connection", "keep-alive");
    const auto answer = world.send(std::move(request));
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, "done by the leader");
    EXPECT_EQ(answer.headers.get("Content-Type"), "text/plain");
    EXPECT_NE(answer.headers.get("X-Ratelimit-Remaining"), "1") << "limits are this instance's own";
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].method + " " + asked[0].target + " " + asked[0].body, "POST /v2/jobs?x=1 body");
    EXPECT_EQ(asked[0].headers.get("Cookie"), world.cookie("session-of-edit"));
    EXPECT_EQ(asked[0].headers.get("X-Forwarded-For"), "10.1.1.1, 10.0.0.1");
    EXPECT_TRUE(read_forward_mark(asked[0].headers.get(forward_header), 3, token, "POST", "/v2/jobs?x=1"));
}

TEST_F(Standby, AnotherInstanceTakesWhatWasPassedOnWhateverOriginAndSchemeItHas) {
    World leader;
    leader.settings.tls_redirect = true;
    leader.other_loop = &world.loop;
    leader.leadership.writes_with.fence.epoch = 3;
    leader.leadership.writes_with.fence.token = token;
    leader.webhooks.result = world.webhooks.result;
    leader_is([&leader](net::Request request) { return leader.api().handle(std::move(request)); });
    net::Request request;
    request.method = "POST";
    request.target = runs_path;
    request.headers.set("Cookie", world.cookie("session-of-run"));
    request.headers.set("Origin", "http://node:6688");
    const auto answer = world.send(std::move(request));
    EXPECT_EQ(answer.status, 200) << answer.body;
    ASSERT_EQ(leader.webhooks.calls.size(), 1U);
    EXPECT_FALSE(leader.webhooks.calls[0].callers_key);
    EXPECT_TRUE(leader.webhooks.calls[0].may_be_repeat);
    EXPECT_EQ(leader.webhooks.calls[0].key.size(), 36U) << "made by the instance that received the call";
}

TEST_F(Standby, ACallersKeyIsJudgedByTheLeaderWhateverItHolds) {
    leader_is(accept);
    net::Request request;
    request.method = "POST";
    request.target = runs_path;
    request.headers.set("Cookie", world.cookie("session-of-run"));
    request.headers.set("Idempotency-Key", "two words");
    EXPECT_EQ(world.send(std::move(request)).status, 201);
    EXPECT_EQ(asked.at(0).headers.get("Idempotency-Key"), "two words");
    EXPECT_TRUE(read_forward_mark(asked.at(0).headers.get(forward_header), 3, token, "POST", runs_path));
}

TEST_F(Standby, WhoMayNotIsToldSoWithoutAskingTheLeader) {
    leader_is(accept);
    EXPECT_EQ(world.send_as(Role::view, "POST", runs_path).status, 401);
    net::Request stranger;
    stranger.method = "POST";
    stranger.target = runs_path;
    EXPECT_EQ(world.send(std::move(stranger)).status, 401);
    EXPECT_TRUE(asked.empty());
}

TEST_F(Standby, ThereIsNoSecondHop) {
    leader_is(accept);
    net::Request request;
    request.method = "POST";
    request.target = "/v2/jobs";
    request.headers.set("Cookie", world.cookie("session-of-edit"));
    request.headers.set(forward_header, write_forward_mark({3, "k"}, token, "POST", "/v2/jobs"));
    const auto refused = world.send(request);
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(refused.headers.contains(not_done_header));
    EXPECT_NE(refused.body.find("not passed on a second time"), std::string::npos) << refused.body;
    EXPECT_TRUE(asked.empty());
    // Nor does a leader believe a mark of another epoch, or of a stranger.
    take_over();
    EXPECT_TRUE(world.send(request).headers.contains(not_done_header));
}

TEST_F(Standby, ACallAtTheMomentOfATakeoverIsHeldAndDoneByWhoLeadsThen) {
    leader_is(refuse_forward);
    world.leadership.on_look = [this] {
        if (world.leadership.looks == 3) take_over();
    };
    const auto answer = call();
    EXPECT_EQ(answer.status, 200) << answer.body;
    ASSERT_EQ(world.webhooks.calls.size(), 1U);
    EXPECT_TRUE(world.webhooks.calls[0].may_be_repeat);
    const auto mark = read_forward_mark(asked.at(0).headers.get(forward_header), 3, token, "POST", runs_path);
    ASSERT_TRUE(mark);
    EXPECT_EQ(world.webhooks.calls[0].key, mark->key) << "the same call";
}

TEST_F(Standby, WhatIsPassedOnBeforeItsServicesRunWaitsForThem) {
    world.leadership.takes_over = true;
    world.leadership.writes_with.fence.token = token;
    int changes = 0;
    world.leadership.on_change = [&] {
        if (++changes == 3) take_over();
    };
    net::Request request;
    request.method = "POST";
    request.target = runs_path;
    request.headers.set("Cookie", world.cookie("session-of-run"));
    request.headers.set(forward_header, write_forward_mark({4, "k"}, token, "POST", runs_path));
    const auto answer = world.send(std::move(request));
    EXPECT_EQ(answer.status, 200) << answer.body;
    ASSERT_EQ(world.webhooks.calls.size(), 1U);
    EXPECT_EQ(world.webhooks.calls[0].key, "k");
}

TEST_F(Standby, ATakeoverThatFailsSendsBackWhatWasPassedOn) {
    world.leadership.takes_over = true;
    world.leadership.on_change = [this] { world.leadership.takes_over = false; };
    net::Request request;
    request.method = "POST";
    request.target = runs_path;
    request.headers.set("Cookie", world.cookie("session-of-run"));
    request.headers.set(forward_header, write_forward_mark({4, "k"}, token, "POST", runs_path));
    EXPECT_TRUE(world.send(std::move(request)).headers.contains(not_done_header));
    EXPECT_TRUE(world.webhooks.calls.empty());
}

TEST_F(Standby, ALeaderThatIsGoneIsWaitedOut) {
    know_leader(1, 3);  // nobody listens there
    world.leadership.on_look = [this] {
        if (world.leadership.looks != 3) return;
        leader_is(accept);
        world.leadership.other->epoch = 4;
    };
    EXPECT_EQ(create_job().status, 201);
    EXPECT_EQ(asked.size(), 1U);
}

TEST_F(Standby, AnEpochThatEndsUnderARunIsRepeatedByTheNextLeader) {
    leader_is(accept);
    for (const auto& ended : {std::make_exception_ptr(pg::FenceRefused("epoch over", "BT001", "")),
                              std::make_exception_ptr(Cancelled()),
                              std::make_exception_ptr(pg::ConnectionLost("session ended"))}) {
        take_over();
        world.webhooks.failure = ended;
        world.webhooks.calls.clear();
        world.webhooks.on_call = [this] { world.leadership.leads = false; };
        asked.clear();
        EXPECT_EQ(call().body, "done by the leader");
        ASSERT_EQ(world.webhooks.calls.size(), 1U);
        EXPECT_FALSE(world.webhooks.calls[0].may_be_repeat) << "costs no look";
    }
}

TEST_F(Standby, ARepeatableCallLeavesALeaderThatHangsWhenAnotherLeads) {
    leader_is(hang);
    async::TaskGroup group(world.loop.executor());
    const auto later = [](Standby* test) -> async::Task<void> {
        while (test->asked.empty())
            co_await async::sleep_for(milliseconds(1));
        test->take_over();
    };
    group.spawn("take over", later(this));
    EXPECT_EQ(call().status, 200);
    EXPECT_EQ(world.webhooks.calls.size(), 1U);
    world.loop.run_until_done(group.stop());
}

TEST_F(Standby, WhatMayNotBeRepeatedIsSentOnceAndItsLossIsSaid) {
    leader_is(break_off);
    const auto lost = create_job();
    EXPECT_EQ(lost.status, 502) << lost.body;
    EXPECT_FALSE(lost.headers.contains("Retry-After"));
    EXPECT_NE(lost.body.find("look whether it was done"), std::string::npos) << lost.body;
    EXPECT_EQ(asked.size(), 1U);
}

TEST_F(Standby, WithoutAnAnswerInTimeItSaysWhyAndUnderWhichKeyToRepeat) {
    world.settings.forward_timeout = milliseconds(50);
    leader_is(hang);
    const auto answer = call();
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.headers.get("Retry-After"), "1");
    EXPECT_EQ(answer.headers.get("Idempotency-Key").size(), 36U);
    EXPECT_NE(answer.body.find("chainlink at http://127.0.0.1"), std::string::npos) << answer.body;
}

TEST_F(Standby, WhereNobodyHasLedForLongNobodyIsWaitedFor) {
    world.settings.forward_timeout = std::chrono::hours(1);
    world.leadership.leaderless = std::chrono::minutes(1);
    EXPECT_EQ(call().status, 503);
    world.leadership.leaderless = {};
    world.leadership.ends = true;
    EXPECT_EQ(call().status, 503) << "an instance that ends";
}

TEST_F(Standby, ALeaderWhoseDatabaseIsSilentHoldsCallsUntilAnotherOneCanLead) {
    take_over();
    world.leadership.silent = std::chrono::seconds(2);
    world.leadership.on_look = [this] {
        if (world.leadership.looks == 3) world.leadership.silent = {};
    };
    EXPECT_EQ(call().status, 200) << "it acts again";
    EXPECT_EQ(world.webhooks.calls.size(), 1U);

    world.settings.forward_timeout = std::chrono::hours(1);
    world.leadership.silent = std::chrono::seconds(2);
    world.leadership.on_look = [this] { world.leadership.silent += std::chrono::seconds(1); };
    const auto answer = call();
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.headers.get("Idempotency-Key").size(), 36U);
    EXPECT_EQ(world.webhooks.calls.size(), 1U);
}

TEST_F(Standby, SwitchedOffItSaysWhoLeads) {
    world.settings.forward_writes = false;
    leader_is(accept);
    const auto refused = call();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.headers.get("Retry-After"), "1");
    EXPECT_EQ(refused.headers.get("X-Baton-Leader"), world.leadership.other->address);
    EXPECT_TRUE(asked.empty());
}

TEST_F(Standby, ALeaderThatHangsDoesNotExhaustIt) {
    leader_is(hang);
    world.settings.authenticated_rate_limit = 10'000;
    async::TaskGroup group(world.loop.executor());
    int refused = 0;
    const auto one = [](World* standby, int* count) -> async::Task<void> {
        net::Request request;
        request.method = "POST";
        request.target = request.path = runs_path;
        request.headers.set("Host", "node:6688");
        request.headers.set("Cookie", standby->cookie("session-of-run"));
        const auto response = co_await standby->api().handle(std::move(request));
        if (response.status == 503) ++*count;
    };
    for (int i = 0; i < 300; ++i)
        group.spawn("call", one(&world, &refused));
    const auto until = [](int* count) -> async::Task<void> {
        while (*count < 300 - 256)
            co_await async::sleep_for(milliseconds(1));
    };
    world.loop.run_until_done(until(&refused));
    EXPECT_EQ(world.send_as(Role::view, "GET", "/v2/ping").status, 200);
    EXPECT_NE(call().body.find("too many calls wait"), std::string::npos);
    take_over();
    world.loop.run_until_done(group.join());
    EXPECT_EQ(refused, 300 - 256) << "those that waited are done here";
    EXPECT_EQ(world.webhooks.calls.size(), 256U);
}

TEST_F(Standby, TheSecretOfTheLeaderShowsNowhere) {
    leader_is(refuse_forward);
    world.leadership.on_look = [this] { world.leadership.ends = !asked.empty(); };
    const auto answer = call();
    ASSERT_EQ(answer.status, 503);
    std::string seen = answer.body;
    for (const auto& [name, value] : answer.headers)
        seen += name + value;
    for (const auto& [name, value] : asked.at(0).headers)
        seen += name + value;
    EXPECT_EQ(seen.find(token.to_string()), std::string::npos);
    EXPECT_EQ(seen.find(token.to_dashless()), std::string::npos);
    EXPECT_FALSE(world.log->mentions(token.to_string()));
}

}  // namespace
}  // namespace baton::api
