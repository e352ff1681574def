#include "baton/api/api.hpp"

#include "baton/api/test_world.hpp"
#include "baton/pg/error.hpp"

namespace baton::api {
namespace {

using model::Role;

TEST(Api, SecurityHeadersOnEveryAnswerButMetrics) {
    World world;
    for (const auto* target : {"/health", "/v2/jobs", "/nowhere", "/v2/nowhere"}) {
        const auto response = world.get(target);
        EXPECT_EQ(response.headers.get("X-Frame-Options"), "DENY") << target;
        EXPECT_EQ(response.headers.get("X-Content-Type-Options"), "nosniff") << target;
    }
    const auto metrics = world.get("/metrics");
    EXPECT_EQ(metrics.body, "# TYPE up gauge\nup 1\n");
    EXPECT_EQ(metrics.headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_FALSE(metrics.headers.contains("X-Frame-Options"));
    EXPECT_FALSE(metrics.headers.contains("X-Ratelimit-Limit"));
}

TEST(Api, UnmatchedPaths) {
    World world;
    EXPECT_EQ(world.get("/").body, "<p>page</p>");
    EXPECT_EQ(world.get("/jobs/17").body, "<p>page</p>");
    EXPECT_EQ(world.get("/assets/baton.js").body, "let x;");
    for (const auto* target : {"/v2/nowhere", "/v17/x", "/favicon.ico", "/assets/none"}) {
        const auto response = world.get(target);
        EXPECT_EQ(response.status, 404) << target;
        EXPECT_EQ(response.body, "") << target;
        EXPECT_FALSE(response.headers.contains("Content-Type")) << target;
    }
    // A known path with a method that it has not.
    EXPECT_EQ(world.send_as(Role::admin, "PUT", "/v2/jobs").status, 404);
    EXPECT_EQ(world.send_as(Role::admin, "HEAD", "/health").status, 200);
}

TEST(Api, PageIsValidatedByEtag) {
    World world;
    const auto first = world.get("/");
    net::Request again;
    again.method = "GET";
    again.target = "/";
    again.headers.set("If-None-Match", std::string(first.headers.get("ETag")));
    const auto second = world.send(std::move(again));
    EXPECT_EQ(second.status, 304);
    EXPECT_EQ(second.body, "");
}

TEST(Api, TrailingSlashIsRedirected) {
    World world;
    const auto get = world.get("/v2/users/?page=2");
    EXPECT_EQ(get.status, 301);
    EXPECT_EQ(get.headers.get("Location"), "/v2/users?page=2");
    EXPECT_EQ(world.send_as(Role::admin, "POST", "/v2/jobs/").status, 307);
}

TEST(Api, RateLimits) {
    ApiSettings settings;
    settings.authenticated_rate_limit = 2;
    World world(settings);
    const auto first = world.get("/health");
    EXPECT_EQ(first.headers.get("X-Ratelimit-Limit"), "2");
    EXPECT_EQ(first.headers.get("X-Ratelimit-Remaining"), "1");
    EXPECT_EQ(first.headers.get("X-Ratelimit-Reset"), "1640995260");  // 2022-01-01T00:01:00Z
    EXPECT_EQ(world.get("/health").status, 200);
    const auto third = world.get("/health");
    EXPECT_EQ(third.status, 429);
    EXPECT_EQ(third.body, "Limit exceeded");
    world.clock.advance(std::chrono::minutes(1));
    EXPECT_EQ(world.get("/health").status, 200);
}

TEST(Api, FaultsOfTheServer) {
    World world;
    const auto response = world.api().fault(net::RequestFault::body_too_large, {});
    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(response.body, "request too large");
    EXPECT_TRUE(response.close);
}

TEST(Api, RedirectToHttps) {
    ApiSettings settings;
    settings.tls_redirect = true;
    World world(settings);
    const auto response = world.get("/v2/jobs?page=1");
    EXPECT_EQ(response.status, 301);
    EXPECT_EQ(response.headers.get("Location"), "https://node:6688/v2/jobs?page=1");
}

TEST(Api, ForeignOriginsAreRefused) {
    World world;
    net::Request request;
    request.method = "GET";
    request.target = "/health";
    request.headers.set("Origin", "http://evil.example");
    const auto refused = world.send(request);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.body, "");
    request.headers.set("Origin", "http://localhost:3000");
    const auto allowed = world.send(request);
    EXPECT_EQ(allowed.status, 200);
    EXPECT_EQ(allowed.headers.get("Access-Control-Allow-Origin"), "http://localhost:3000");
    request.method = "OPTIONS";
    const auto preflight = world.send(request);
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.headers.get("Access-Control-Allow-Methods"), "GET,POST,PATCH,DELETE");
}

TEST(Api, ALoginMadeElsewhereIsNotDeniedBeforeItCanBeChecked) {
    World world;
    const auto cookie = world.cookie("session-of-admin");
    world.cookie_key = Secret();
    net::Request request;
    request.method = "GET";
    request.target = "/v2/leadership";
    EXPECT_EQ(world.send(request).status, 401);
    request.headers.set("Cookie", cookie);
    EXPECT_EQ(world.send(request).status, 503);
}

TEST(Api, WritesOnAStandbyNameTheLeader) {
    World world;
    world.leadership.leads = false;
    world.leadership.other = LeadershipView::Leader{"chainlink", "http://10.0.0.5:6688"};
    for (const auto* target : {"/v2/jobs", "/v2/jobs/0eec7e1d-d0d2-476c-a1a8-72dfb6633f46/runs"}) {
        const auto response = world.send_as(Role::admin, "POST", target);
        EXPECT_EQ(response.status, 503) << target;
        EXPECT_EQ(response.headers.get("Retry-After"), "1");
        EXPECT_EQ(response.headers.get("X-Baton-Leader"), "http://10.0.0.5:6688");
        EXPECT_NE(response.body.find("the leader is chainlink at http://10.0.0.5:6688"), std::string::npos);
    }
    world.leadership.other.reset();
    EXPECT_EQ(world.send_as(Role::admin, "DELETE", "/v2/jobs/1").status, 503);
    EXPECT_EQ(world.get("/health").status, 200);
}

TEST(Api, WhoDidNotLogInIsToldNeitherTheLeaderNorWhatFailed) {
    World world;
    world.leadership.leads = false;
    world.leadership.other = LeadershipView::Leader{"chainlink", "http://10.0.0.5:6688"};
    net::Request resume;
    resume.method = "PATCH";
    resume.target = "/v2/resume/0eec7e1d-d0d2-476c-a1a8-72dfb6633f46";
    const auto refused = world.send(std::move(resume));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.headers.get("Retry-After"), "1");
    EXPECT_EQ(refused.headers.get("X-Baton-Leader"), "");
    EXPECT_EQ(refused.body, detail("this instance does not lead and cannot write; ask the leader"));

    world.accounts.broken = true;
    net::Request login;
    login.method = "POST";
    login.target = "/sessions";
    login.body = R"({"email":"view@example.org","password":"x"})";
    const auto failed = world.send(std::move(login));
    EXPECT_EQ(failed.status, 503);
    EXPECT_EQ(failed.headers.get("Retry-After"), "1");
    EXPECT_EQ(
        failed.body,
        detail("the database cannot be used at the moment, try again shortly; the node's log tells why"));
    EXPECT_EQ(world.send_as(Role::view, "GET", "/v2/ping").body, failed.body) << "the login itself failed";
}

TEST(Api, ARunWhoseLoginCannotBeLookedUpIsToldUnderWhichKeyToRepeatIt) {
    World world;
    world.accounts.broken = true;
    net::Request request;
    request.method = "POST";
    request.target = "/v2/jobs/0eec7e1d-d0d2-476c-a1a8-72dfb6633f46/runs";
    request.headers.set("Cookie", world.cookie("session-of-run"));
    request.headers.set("Idempotency-Key", "order-1");
    const auto answer = world.send(std::move(request));
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.headers.get("Idempotency-Key"), "order-1");
    EXPECT_TRUE(world.webhooks.calls.empty());
}

TEST(Api, HandoverIsForAdministratorsAndNeedsAStandby) {
    World world;
    const std::string target = "/v2/leadership/handover";
    EXPECT_EQ(world.send_as(Role::edit, "POST", target).status, 401);
    world.leadership.waited_for = false;
    const auto refused = world.send_as(Role::admin, "POST", target);
    EXPECT_EQ(refused.status, 409);
    EXPECT_NE(refused.body.find("no other instance waits"), std::string::npos);
    world.leadership.waited_for = true;
    EXPECT_EQ(world.send_as(Role::admin, "POST", target, R"({"to":7})").status, 422);
    EXPECT_EQ(world.send_as(Role::admin, "POST", target, "x").status, 422);
    EXPECT_TRUE(world.leadership.leads);
    EXPECT_EQ(world.send_as(Role::admin, "POST", target).status, 204);
    EXPECT_EQ(world.leadership.handed_to, "anybody");
    EXPECT_EQ(world.send_as(Role::admin, "POST", target).status, 503) << "it does not lead any more";
    world.leadership.leads = true;
    EXPECT_EQ(world.send_as(Role::admin, "POST", target, R"({"to":"b"})").status, 204);
    EXPECT_EQ(world.leadership.handed_to, "b");
}

TEST(Api, KillIsForAdministratorsAndOnlyOfALeaderThatIsNamedAndWaitedFor) {
    World world;
    const std::string target = "/v2/leadership/kill";
    const std::string body = R"({"name":"secondary"})";
    world.leadership.survey.locks = {{"watch", "secondary", true, {"chainlink"}}};
    EXPECT_EQ(world.send_as(Role::edit, "POST", target, body).status, 401);
    EXPECT_EQ(world.send_as(Role::admin, "POST", target, "x").status, 422);
    for (const auto* other : {"", R"({"name":"chainlink"})", R"({"to":"secondary"})"}) {
        const auto refused = world.send_as(Role::admin, "POST", target, other);
        EXPECT_EQ(refused.status, 409) << other;
        EXPECT_NE(refused.body.find("this is secondary, not"), std::string::npos) << refused.body;
    }
    world.leadership.survey.locks[0].waiting.clear();
    EXPECT_EQ(world.send_as(Role::admin, "POST", target, body).body,
              detail("no other instance waits for the leadership: nothing was done"));
    world.leadership.survey.locks[0].waiting = {"chainlink"};
    world.leadership.leads = false;
    EXPECT_EQ(world.send_as(Role::admin, "POST", target, body).body,
              detail("secondary does not lead: nothing was done"));
    world.leadership.leads = true;
    EXPECT_FALSE(world.leadership.died);
    world.send_as(Role::admin, "POST", target, body);
    EXPECT_TRUE(world.leadership.died);
}

TEST(Api, LeadershipLostInTheMiddleOfAWrite) {
    World world;
    const std::string target = "/v2/jobs/0eec7e1d-d0d2-476c-a1a8-72dfb6633f46/runs";
    world.webhooks.failure = std::make_exception_ptr(pg::FenceRefused("no longer leads", "BT001", ""));
    EXPECT_EQ(world.send_as(Role::run, "POST", target).status, 503);
    world.webhooks.failure = std::make_exception_ptr(Cancelled());
    EXPECT_EQ(world.send_as(Role::run, "POST", target).status, 503);
}

TEST(Api, ErrorsOfTheNodeAndUnexpectedOnes) {
    World world;
    const std::string target = "/v2/jobs/0eec7e1d-d0d2-476c-a1a8-72dfb6633f46/runs";
    world.webhooks.failure = std::make_exception_ptr(Error("no room"));
    const auto known = world.send_as(Role::run, "POST", target);
    EXPECT_EQ(known.status, 500);
    EXPECT_EQ(known.body, detail("no room"));
    world.webhooks.failure = std::make_exception_ptr(std::logic_error("bug"));
    const auto panic = world.send_as(Role::run, "POST", target);
    EXPECT_EQ(panic.status, 500);
    EXPECT_EQ(panic.body, "");
}

TEST(Api, TroubleOfTheDatabaseIs503AndWhatItRefusesForGoodIs500) {
    World world;
    const std::string target = "/v2/jobs/0eec7e1d-d0d2-476c-a1a8-72dfb6633f46/runs";
    const auto refused = [](const char* sqlstate) {
        return std::make_exception_ptr(pg::StatementFailed("the server refused", sqlstate, ""));
    };
    for (const auto& trouble :
         {std::make_exception_ptr(pg::QueryTimedOut("no answer in time", "57014", "")),
          std::make_exception_ptr(pg::ReadOnly("read-only", "25006", "")),
          std::make_exception_ptr(TimedOut("all sessions in use")), refused("57P03"), refused("53100")}) {
        world.webhooks.failure = trouble;
        const auto answer = world.send_as(Role::run, "POST", target);
        EXPECT_EQ(answer.status, 503) << answer.body;
        EXPECT_EQ(answer.headers.get("Retry-After"), "1");
        EXPECT_EQ(answer.headers.get("Idempotency-Key").size(), 36U) << "under which it may be repeated";
        EXPECT_NE(answer.body.find("this instance (secondary) is leading: "), std::string::npos)
            << answer.body;
    }
    world.webhooks.failure = refused("22003");
    EXPECT_EQ(world.send_as(Role::run, "POST", target).status, 500);
}

TEST(Api, AWriteWhoseCommitWasNotAnsweredIsNeitherDoneNorNotDone) {
    World world;
    world.leadership.handover_failure =
        std::make_exception_ptr(pg::CommitUnknown("a COMMIT was not answered", 1));
    const auto answer = world.send_as(Role::admin, "POST", "/v2/leadership/handover");
    EXPECT_EQ(answer.status, 502);
    EXPECT_FALSE(answer.headers.contains("Retry-After"));
    EXPECT_EQ(answer.body,
              detail("a COMMIT was not answered; look whether it was done before you repeat it"));
}

TEST(Api, ALeaderWhoseDatabaseIsSilentWritesNothing) {
    World world;
    world.leadership.silent = std::chrono::milliseconds(1700);
    const auto answer =
        world.send_as(Role::run, "POST", "/v2/jobs/0eec7e1d-d0d2-476c-a1a8-72dfb6633f46/runs");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.headers.get("Retry-After"), "1");
    EXPECT_NE(answer.body.find("(secondary) leads, but the database has not answered it for 1700 ms"),
              std::string::npos)
        << answer.body;
    EXPECT_TRUE(world.webhooks.calls.empty());
}

TEST(Api, WebhookRuns) {
    World world;
    const std::string target = "/v2/jobs/0eec7e1d-d0d2-476c-a1a8-72dfb6633f46/runs";
    auto job = std::make_shared<model::Job>();
    job->id = 7;
    job->observation_source = "a [type=x]";
    world.webhooks.result.job = job;
    world.webhooks.result.run.id = 12;
    net::Request request;
    request.method = "POST";
    request.target = target;
    request.body = "raw body";
    request.headers.set("Idempotency-Key", "order-1");
    request.headers.set("Cookie", world.cookie("session-of-run"));
    const auto stored = world.send(request);
    EXPECT_EQ(stored.status, 200);
    EXPECT_NE(stored.body.find(R"({"data":{"type":"pipelineRun","id":"12")"), std::string::npos)
        << stored.body;
    EXPECT_NE(stored.body.find(R"("jobID":7,"dotDagSource":"a [type=x]")"), std::string::npos) << stored.body;
    ASSERT_EQ(world.webhooks.calls.size(), 1);
    EXPECT_EQ(world.webhooks.calls[0].body, "raw body");
    EXPECT_EQ(world.webhooks.calls[0].key, "order-1");
    EXPECT_TRUE(world.webhooks.calls[0].callers_key);

    world.webhooks.result.kind = WebhookResult::Kind::unknown_job;
    EXPECT_EQ(world.send(request).body, detail("job does not exist"));
    world.webhooks.result.kind = WebhookResult::Kind::key_with_other_body;
    EXPECT_EQ(world.send(request).status, 422);
}

TEST(Api, RunsOfJobsThatAreNoWebhooks) {
    World world;
    const auto number = world.send_as(Role::run, "POST", "/v2/jobs/1/runs");
    EXPECT_EQ(number.status, 500);
    EXPECT_EQ(number.body,
              detail("manual job runs only supported in dev mode - export CHAINLINK_DEV=true to use"));
    const auto neither = world.send_as(Role::run, "POST", "/v2/jobs/not-an-id/runs");
    EXPECT_EQ(neither.status, 422);
    EXPECT_EQ(neither.body, detail("bad job ID"));
}

TEST(Api, ResultsOfAdaptersAreTakenWithoutALogin) {
    World world;
    const auto deliver = [&world](const std::string& id, const std::string& body) {
        net::Request request;
        request.method = "PATCH";
        request.target = "/v2/resume/" + id;
        request.body = body;
        return world.send(std::move(request));
    };
    const std::string task = "0eec7e1d-d0d2-476c-a1a8-72dfb6633f46";
    const auto taken = deliver(task, R"({"value":{"a": 1}})");
    EXPECT_EQ(taken.status, 200);
    EXPECT_EQ(taken.body, "");
    deliver(task, R"({"value":21})");
    deliver(task, R"({"error":"no price"})");
    ASSERT_EQ(world.task_results.delivered.size(), 3U);
    EXPECT_EQ(world.task_results.delivered[0].first.to_string(), task);
    EXPECT_EQ(world.task_results.delivered[0].second.json, R"("0x7b2261223a20317d")");
    EXPECT_EQ(world.task_results.delivered[1].second.json, "21") << "a number stays a number";
    EXPECT_EQ(world.task_results.delivered[2].second.error, "no price");

    const auto no_id = deliver("x", R"({"value":1})");
    EXPECT_EQ(no_id.status, 422);
    EXPECT_EQ(no_id.body, detail("uuid: incorrect UUID length: x"));
    EXPECT_EQ(deliver(task, R"({"value":)").status, 422);
    const auto both = deliver(task, R"({"value":1,"error":"x"})");
    EXPECT_EQ(both.status, 422);
    EXPECT_EQ(both.body, detail("must provide only one of either 'value' or 'error' key"));
    world.task_results.failure = std::make_exception_ptr(NotFound("sql: no rows in result set"));
    const auto unknown = deliver(task, R"({"value":1})");
    EXPECT_EQ(unknown.status, 500);
    EXPECT_EQ(unknown.body, detail("sql: no rows in result set"));
    EXPECT_EQ(world.task_results.delivered.size(), 3U);
}

TEST(Api, BodiesOfJobCreation) {
    World world;
    const std::pair<std::string, std::string> cases[] = {
        {"", "EOF"},
        {R"({"toml":)", "unexpected EOF"},
        {R"({"toml":5})",
         "json: cannot unmarshal number into Go struct field CreateJobRequest.toml of type string"},
        {"[]", "json: cannot unmarshal array into Go value of type web.CreateJobRequest"},
        {R"({"TOML":"type = \"oracle\"\nschemaVersion = 1"})", "failed to parse TOML: invalid job type"},
    };
    for (const auto& [body, expected] : cases) {
        const auto response = world.send_as(Role::edit, "POST", "/v2/jobs", body);
        EXPECT_EQ(response.status, 422) << body;
        EXPECT_EQ(response.body, detail(expected)) << body;
    }
}

TEST(Api, TypeFaultsAre400AndUnknownChains500) {
    World world;
    const auto create = [&](const std::string& line) {
        const auto toml = R"(type = \"directrequest\"\nschemaVersion = 1\n)" + line +
                          R"(\nobservationSource = \"a [type=jsonparse path=x data=y]\")";
        return world.send_as(Role::edit, "POST", "/v2/jobs", R"({"toml":")" + toml + R"("})");
    };
    const auto address = create(R"(contractAddress = \"0x9e40733cc9df84636505f4e6db28dca0dc5d1bba\")");
    EXPECT_EQ(address.status, 400);
    EXPECT_NE(address.body.find("is not a valid EIP55 formatted address"), std::string::npos) << address.body;
    const auto chain = create("evmChainID = 99");
    EXPECT_EQ(chain.status, 500);
    EXPECT_EQ(chain.body, detail("CreateJobFailed: chain 99 is not configured on this node"));
    EXPECT_TRUE(world.jobs.created.empty());
}

TEST(Api, HealthAndReadiness) {
    World world;
    EXPECT_EQ(
        world.get("/health").body,
        R"({"data":[{"type":"checks","id":"*job.spawner","attributes":{"name":"*job.spawner","status":"passing","output":""}}]})");
    const auto ready = world.get("/readyz");
    EXPECT_EQ(ready.status, 200);
    EXPECT_EQ(ready.body, "");
    world.health.checks.push_back({"*evm.chainSet", false, "Listener is not connected"});
    EXPECT_EQ(world.get("/health").status, 200);
    EXPECT_EQ(world.get("/readyz").status, 503);
    EXPECT_EQ(world.get("/readyz?full").status, 200);
    EXPECT_NE(world.get("/readyz?full").body.find("Listener is not connected"), std::string::npos);
}

TEST(Api, LoadBalancersTellLeaderWarmStandbyAndBrokenApart) {
    ApiSettings settings;
    settings.authenticated_rate_limit = 1;
    World world(settings);
    const auto statuses = [&world] {
        return std::pair(world.get("/leader").status, world.get("/standby").status);
    };
    EXPECT_EQ(statuses(), std::pair(200u, 503u));
    world.leadership.leads = false;
    EXPECT_EQ(statuses(), std::pair(503u, 200u));
    world.health.checks.push_back({"*baton.Database", false, "gone"});
    EXPECT_EQ(statuses(), std::pair(503u, 503u));
    const auto answer = world.get("/leader");
    EXPECT_EQ(answer.body, R"({"state":"standby"})");
    EXPECT_FALSE(answer.headers.contains("X-Ratelimit-Limit"));
    EXPECT_EQ(world.send_as(Role::view, "HEAD", "/leader").status, 503);
    EXPECT_EQ(world.send_as(Role::view, "OPTIONS", "/leader").status, 503);
}

TEST(Api, SmallDocuments) {
    World world;
    const auto ping = world.send_as(Role::view, "GET", "/v2/ping");
    EXPECT_EQ(ping.body, R"({"message":"pong"})");
    EXPECT_EQ(ping.headers.get("Content-Type"), "application/json; charset=utf-8");
    EXPECT_EQ(world.send_as(Role::view, "GET", "/v2/build_info").body,
              R"({"commitSHA":"0123abc","version":"1.11.0"})");
    const auto leadership = world.send_as(Role::view, "GET", "/v2/leadership");
    EXPECT_EQ(leadership.headers.get("Content-Type"), "application/vnd.api+json");
    EXPECT_EQ(
        leadership.body,
        R"({"data":{"type":"leadership","id":"0","attributes":{"state":"leading","name":"secondary","forwardsWrites":true,"leader":null,"instances":[],"history":[],"warnings":["a warning"],"mode":"dual","locks":[],"risks":[]}}})");
}

TEST(Api, LogLineWithoutSecrets) {
    World world;
    world.send_as(Role::admin, "GET", "/v2/ping?newpassword=hunter2&new%70assword=hunter2&page=3");
    EXPECT_FALSE(world.log->mentions("hunter2"));
    const auto lines = world.log->with("GET /v2/ping");
    ASSERT_EQ(lines.size(), 1);
    EXPECT_EQ(lines[0].level, LogLevel::debug);
    EXPECT_EQ(lines[0].field("status"), "200");
    EXPECT_EQ(lines[0].field("query"), "newpassword=*REDACTED*&new%70assword=*REDACTED*&page=3");
}

}  // namespace
}  // namespace baton::api
