#include "baton/api/amounts.hpp"
#include "baton/api/go_numbers.hpp"
#include "baton/api/pagination.hpp"
#include "baton/api/presenters.hpp"
#include "baton/api/problem.hpp"
#include "baton/api/rate_limit.hpp"

#include <gtest/gtest.h>

namespace baton::api {
namespace {

WallTime at(int year) {
    return std::chrono::sys_days{std::chrono::year(year) / 1 / 1};
}

template <typename... Arguments>
std::string written(void (*write)(JsonWriter&, Arguments...), std::type_identity_t<Arguments>... arguments) {
    JsonWriter out;
    write(out, arguments...);
    return out.take();
}

std::string job_text(const model::Job& job, std::optional<std::uint32_t> chain_confirmations) {
    return written<const model::Job&, std::optional<std::uint32_t>>(write_job, job, chain_confirmations);
}

model::Job direct_request_job() {
    model::DirectRequestSpec spec;
    spec.contract_address = *parse_address("0x9e40733cc9df84636505f4e6db28dca0dc5d1bba");
    spec.evm_chain_id = 42;
    spec.created_at = spec.updated_at = at(2000);
    model::Job job;
    job.id = 1;
    job.name = "test";
    job.gas_limit = 1000;
    job.max_task_duration = std::chrono::minutes(1);
    job.external_job_id = *Uuid::parse("0eec7e1d-d0d2-476c-a1a8-72dfb6633f46");
    job.pipeline_spec_id = 1;
    job.observation_source = R"(ds1 [type=http method=GET url="https://pricesource1.com")";
    job.spec = spec;
    return job;
}

TEST(JobDocument, IsTheOneOfTheReference) {
    EXPECT_EQ(
        job_text(direct_request_job(), std::nullopt),
        R"({"type":"jobs","id":"1","attributes":{"name":"test","type":"directrequest","schemaVersion":1,"gasLimit":1000,"forwardingAllowed":false,"maxTaskDuration":"1m0s","externalJobID":"0eec7e1d-d0d2-476c-a1a8-72dfb6633f46",)"
        R"("directRequestSpec":{"contractAddress":"0x9E40733cC9df84636505f4e6Db28DCa0dC5D1bba","minIncomingConfirmations":null,"minContractPaymentLinkJuels":null,"requesters":null,"initiator":"runlog","createdAt":"2000-01-01T00:00:00Z","updatedAt":"2000-01-01T00:00:00Z","evmChainID":"42"},)"
        R"("fluxMonitorSpec":null,"cronSpec":null,"offChainReportingOracleSpec":null,"offChainReporting2OracleSpec":null,"keeperSpec":null,"vrfSpec":null,"webhookSpec":null,"blockhashStoreSpec":null,"bootstrapSpec":null,)"
        R"("pipelineSpec":{"id":1,"jobID":0,"dotDagSource":"ds1 [type=http method=GET url=\"https://pricesource1.com\""},"errors":[]}})");
}

TEST(JobDocument, TheChainCanOnlyRaiseTheConfirmations) {
    auto job = direct_request_job();
    auto& spec = std::get<model::DirectRequestSpec>(job.spec);
    const auto text = [&] { return job_text(job, std::optional(3U)); };
    spec.min_incoming_confirmations = 1;
    EXPECT_NE(text().find(R"("minIncomingConfirmations":3,"minIncomingConfirmationsEnv":true)"),
              std::string::npos);
    spec.min_incoming_confirmations = 10;
    EXPECT_NE(text().find(R"("minIncomingConfirmations":10,"minContract)"), std::string::npos);
}

TEST(JobDocument, RequestersAreInLowerCase) {
    auto job = direct_request_job();
    auto& spec = std::get<model::DirectRequestSpec>(job.spec);
    spec.requesters = {spec.contract_address};
    EXPECT_NE(
        job_text(job, std::nullopt).find(R"("requesters":["0x9e40733cc9df84636505f4e6db28dca0dc5d1bba"])"),
        std::string::npos);
}

TEST(JobDocument, ErrorsAndJobsThatThisVersionDoesNotRun) {
    model::Job job;
    job.spec = model::OtherSpec{"cron"};
    job.errors.push_back({200, "boom", 3, at(2001), at(2002)});
    const auto text = job_text(job, std::nullopt);
    EXPECT_NE(text.find(R"("type":"cron","schemaVersion":1,"gasLimit":null)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"("cronSpec":null)"), std::string::npos);
    EXPECT_NE(
        text.find(
            R"("errors":[{"id":200,"description":"boom","occurrences":3,"createdAt":"2001-01-01T00:00:00Z","updatedAt":"2002-01-01T00:00:00Z"}])"),
        std::string::npos);
}

std::string run_text(const model::Run& run) {
    return written<const model::Run&, const RunSource&>(write_run, run, RunSource{1, "ds1 [type=x]"});
}

TEST(RunDocument, Finished) {
    model::Run run;
    run.id = 1;
    run.pipeline_spec_id = 1;
    run.inputs = R"({"jobRun":{"requestBody":"x"}})";
    run.outputs = R"(["3"])";
    run.fatal_errors = "[null]";
    run.created_at = at(2022);
    run.finished_at = at(2022) + std::chrono::seconds(1);
    model::TaskRun task;
    task.type = "bridge";
    task.dot_id = "ds1";
    task.output = R"("3")";
    task.created_at = at(2022);
    task.finished_at = at(2022) + std::chrono::milliseconds(500);
    run.task_runs = {task};
    EXPECT_EQ(
        run_text(run),
        R"({"type":"pipelineRun","id":"1","attributes":{"outputs":["3"],"errors":[null],"allErrors":null,"fatalErrors":[null],"inputs":{"jobRun":{"requestBody":"x"}},)"
        R"("taskRuns":[{"type":"bridge","createdAt":"2022-01-01T00:00:00Z","finishedAt":"2022-01-01T00:00:00.5Z","output":"\"3\"","error":null,"dotId":"ds1"}],)"
        R"("createdAt":"2022-01-01T00:00:00Z","finishedAt":"2022-01-01T00:00:01Z","pipelineSpec":{"id":1,"jobID":1,"dotDagSource":"ds1 [type=x]"}}})");
}

TEST(RunDocument, Unfinished) {
    model::Run run;
    run.state = model::RunState::suspended;
    const auto text = run_text(run);
    EXPECT_NE(
        text.find(
            R"("outputs":null,"errors":null,"allErrors":null,"fatalErrors":null,"inputs":{},"taskRuns":null)"),
        std::string::npos)
        << text;
    EXPECT_NE(text.find(R"("finishedAt":null)"), std::string::npos);
}

TEST(RunDocument, OutputsAsText) {
    model::Run run;
    run.outputs = R"(["text", 12345678901234567890123, 1.5, 1e21, {"b": 1, "a": [2]}, null])";
    EXPECT_NE(
        run_text(run).find(
            R"("outputs":["text","12345678901234567890123","1.5","1000000000000000000000","{\"a\":[2],\"b\":1}",null])"),
        std::string::npos)
        << run_text(run);
    // Lists and booleans have no text: all outputs are left out.
    run.outputs = R"(["text", [1]])";
    EXPECT_NE(run_text(run).find(R"("outputs":null)"), std::string::npos);
}

TEST(RunDocument, TaskOutputsAreCompact) {
    model::Run run;
    model::TaskRun task;
    task.output = R"({"b": 1, "a": 2.50})";  // as PostgreSQL writes jsonb
    run.task_runs = {task};
    EXPECT_NE(run_text(run).find(R"("output":"{\"a\":2.5,\"b\":1}")"), std::string::npos) << run_text(run);
}

TEST(EthKeyDocument, IsTheOneOfTheReference) {
    EthKey key;
    key.address = *parse_address("0x2acff2ec69aa9945ed84f4f281eccf6911a3b0ed");
    key.chain_id = 42;
    key.next_nonce = 99;
    key.eth_balance = 1;
    key.link_balance = BigInt("100000000000000000");
    key.disabled = true;
    key.created_at = key.updated_at = at(2000);
    key.max_gas_price = 12345;
    EXPECT_EQ(
        written<const EthKey&>(write_eth_key, key),
        R"({"type":"eTHKeys","id":"0x2aCFF2ec69aa9945Ed84f4F281eCCF6911A3B0eD","attributes":{"evmChainID":"42","address":"0x2aCFF2ec69aa9945Ed84f4F281eCCF6911A3B0eD","nextNonce":99,"ethBalance":"1","linkBalance":"0.1 link","disabled":true,"createdAt":"2000-01-01T00:00:00Z","updatedAt":"2000-01-01T00:00:00Z","maxGasPriceWei":"12345"}})");
}

TEST(UserDocument, SaysWhetherThereIsAToken) {
    model::User user;
    user.email = "a@b.c";
    user.role = model::Role::admin;
    user.created_at = user.updated_at = at(2022);
    EXPECT_EQ(
        written<const model::User&>(write_user, user),
        R"({"type":"users","id":"a@b.c","attributes":{"email":"a@b.c","role":"admin","hasActiveApiToken":"false","createdAt":"2022-01-01T00:00:00Z","updatedAt":"2022-01-01T00:00:00Z"}})");
}

TEST(LeadershipDocument, LeaderInstancesAndHistory) {
    LeadershipDocument document;
    document.state = model::LeadershipState::standby;
    document.name = "secondary";
    document.client_id = *Uuid::parse("0eec7e1d-d0d2-476c-a1a8-72dfb6633f46");
    model::Leadership leader;
    leader.epoch = 7;
    leader.client_id = *Uuid::parse("0eec7e1d-d0d2-476c-a1a8-72dfb6633f47");
    leader.instance = "chainlink";
    leader.address = "http://a:6688";
    leader.since = leader.alive_at = at(2022);
    document.leader = leader;
    document.instances = {{leader.client_id, "chainlink", "http://a:6688", "1.11.0@x",
                           model::LeadershipState::leading, at(2022), at(2022)},
                          {document.client_id, "secondary", "", "1.11.0@y", model::LeadershipState::standby,
                           at(2022), at(2022)}};
    const model::LeadershipGap gap{std::chrono::microseconds(5200), "release"};
    document.history = {
        {7, "chainlink", "secondary", "handover", at(2022), std::chrono::microseconds(4100), gap},
        {6, "secondary", "", "first start", at(2022), std::chrono::microseconds(90), std::nullopt}};
    document.survey.locks = {{"watch", "chainlink", true, {"secondary"}}};
    document.survey.instances = {{document.client_id, "secondary", "standby", 5,
                                  std::chrono::milliseconds(1200), "the watch lock, held by chainlink"}};
    document.survey.risks = {"a risk"};
    EXPECT_EQ(
        written<const LeadershipDocument&>(write_leadership, document),
        R"({"type":"leadership","id":"7","attributes":{"state":"standby","name":"secondary","forwardsWrites":true,)"
        R"("leader":{"name":"chainlink","address":"http://a:6688","version":"1.11.0@x","since":"2022-01-01T00:00:00Z","aliveAt":"2022-01-01T00:00:00Z"},)"
        R"("instances":[{"name":"chainlink","address":"http://a:6688","version":"1.11.0@x","state":"leading","startedAt":"2022-01-01T00:00:00Z","lastSeen":"2022-01-01T00:00:00Z","silentMilliseconds":0,"priority":0,"waitsFor":"","self":false},)"
        R"({"name":"secondary","address":"","version":"1.11.0@y","state":"standby","startedAt":"2022-01-01T00:00:00Z","lastSeen":"2022-01-01T00:00:00Z","silentMilliseconds":1200,"priority":5,"waitsFor":"the watch lock, held by chainlink","self":true}],)"
        R"("history":[{"epoch":7,"instance":"chainlink","from":"secondary","reason":"handover","at":"2022-01-01T00:00:00Z","tookMicroseconds":4100,"gapMicroseconds":5200,"gapKnownBy":"release"},)"
        R"({"epoch":6,"instance":"secondary","from":"","reason":"first start","at":"2022-01-01T00:00:00Z","tookMicroseconds":90,"gapMicroseconds":null,"gapKnownBy":null}],"warnings":[],)"
        R"("mode":"dual","locks":[{"name":"watch","holder":"chainlink","waiting":["secondary"]}],"risks":["a risk"]}})");
}

TEST(LinkAmount, HasAUnitFromATrillionJuelsOn) {
    EXPECT_EQ(link_amount(0), "0");
    EXPECT_EQ(link_amount(BigInt("999999999999")), "999999999999");
    EXPECT_EQ(link_amount(BigInt("1000000000000")), "0.000001 link");
    EXPECT_EQ(link_amount(BigInt("100000000000000000")), "0.1 link");
    EXPECT_EQ(link_amount(BigInt("2000000000000000000")), "2 link");
}

net::Request listing(std::string query) {
    net::Request request;
    request.path = "/v2/jobs";
    request.query = std::move(query);
    return request;
}

TEST(Pagination, DefaultsAndTheQuirkOfJobsAndRuns) {
    const auto plain = read_page(listing(""));
    EXPECT_EQ(plain.size, 25);
    EXPECT_EQ(plain.offset, 0);
    const auto jobs = read_page(listing("page=3"), 1000);
    EXPECT_EQ(jobs.size, 1000);
    EXPECT_EQ(jobs.offset, 50);
    const auto sized = read_page(listing("page=3&size=5"), 1000);
    EXPECT_EQ(sized.size, 5);
    EXPECT_EQ(sized.offset, 10);
    EXPECT_GE(read_page(listing("page=9223372036854775807&size=9")).offset, 0);
}

TEST(Pagination, BadValues) {
    const std::pair<std::string, std::string> cases[] = {
        {"size=abc", R"(invalid size param, error: strconv.Atoi: parsing "abc": invalid syntax)"},
        {"size=0", "invalid size param, error: <nil>"},
        {"page=-1", "invalid page param, error: <nil>"},
        {"page=99999999999999999999",
         R"(invalid page param, error: strconv.Atoi: parsing "99999999999999999999": value out of range)"},
    };
    for (const auto& [query, text] : cases) {
        try {
            read_page(listing(query));
            ADD_FAILURE() << query << " was taken";
        } catch (const Problem& problem) {
            EXPECT_EQ(problem.status(), 422);
            EXPECT_EQ(problem.what(), text);
        }
    }
}

std::string links(const std::string& query, std::int64_t count) {
    const auto request = listing(query);
    JsonWriter out;
    out.begin_object();
    write_links(out, request, read_page(request), count);
    return out.end_object().take();
}

TEST(Pagination, Links) {
    EXPECT_EQ(links("size=5", 5), "{}");
    EXPECT_EQ(links("size=5", 6), R"({"links":{"next":"/v2/jobs?page=2\u0026size=5"}})");
    EXPECT_EQ(links("size=5&page=2&a=b+c", 6),
              R"({"links":{"prev":"/v2/jobs?a=b+c\u0026page=1\u0026size=5"}})");
    EXPECT_EQ(links("size=2&page=2", 5),
              R"({"links":{"next":"/v2/jobs?page=3\u0026size=2","prev":"/v2/jobs?page=1\u0026size=2"}})");
}

TEST(GoIntegers, TextsOfStrconv) {
    const auto text = [](std::string_view input) {
        return std::get<std::string>(parse_go_integer(input, 32, "ParseInt"));
    };
    EXPECT_EQ(std::get<std::int64_t>(parse_go_integer("+17", 32, "ParseInt")), 17);
    EXPECT_EQ(std::get<std::int64_t>(parse_go_integer("-2147483648", 32, "ParseInt")), -2147483648LL);
    EXPECT_EQ(text("abc"), R"(strconv.ParseInt: parsing "abc": invalid syntax)");
    EXPECT_EQ(text("+-1"), R"(strconv.ParseInt: parsing "+-1": invalid syntax)");
    EXPECT_EQ(text("2147483648"), R"(strconv.ParseInt: parsing "2147483648": value out of range)");
    EXPECT_EQ(text("a\"\n"), R"(strconv.ParseInt: parsing "a\"\n": invalid syntax)");
}

TEST(ClientAddress, TheLeftmostForwardedOneIsBelieved) {
    net::Request request;
    request.remote_address = "10.0.0.1";
    EXPECT_EQ(client_address(request), "10.0.0.1");
    request.headers.set("X-Real-IP", "192.0.2.7");
    EXPECT_EQ(client_address(request), "192.0.2.7");
    request.headers.set("X-Forwarded-For", "198.51.100.3, 203.0.113.9");
    EXPECT_EQ(client_address(request), "198.51.100.3");
    request.headers.set("X-Forwarded-For", "nonsense, 203.0.113.9");
    EXPECT_EQ(client_address(request), "192.0.2.7");
}

}  // namespace
}  // namespace baton::api
