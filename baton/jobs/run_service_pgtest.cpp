#include "baton/jobs/run_service.hpp"

#include "baton/jobs/directrequest/direct_requests_testing.hpp"
#include "baton/jobs/inherited_runs.hpp"
#include "baton/jobs/webhook/webhook.hpp"
#include "testing/random.hpp"

namespace baton::jobs {
namespace {

class RunServices : public DirectRequestsTest {
  protected:
    void SetUp() override {
        DirectRequestsTest::SetUp();
        if (!IsSkipped()) start();
    }
    /// A stored job with this graph.
    model::Job job_with(const std::string& graph, model::Job job = webhook_job()) {
        job.observation_source = graph;
        auto made = stored(std::move(job));
        catalog().put(compile(made));
        return made;
    }
    /// A run that waits for the receipt of its transaction.
    std::int64_t suspended(const model::Job& job) {
        RunService::Request request;
        request.job = catalog().by_id(job.id);
        request.key = "webhook:x";
        const auto report = run(run_service().run(std::move(request)));
        EXPECT_EQ(report.run.state, model::RunState::suspended);
        return report.run.id;
    }
    store::Resumable receipt_for(std::int64_t run_id) {
        store::Resumable result;
        result.run_id = run_id;
        result.task_id =
            *Uuid::parse(database().value("select id from pipeline_task_runs where finished_at is null and "
                                          "pipeline_run_id = " +
                                          std::to_string(run_id)));
        result.receipt_json = R"({"status": "0x1"})";
        result.tx_hash = hash(1);
        return result;
    }
    std::string state_of(std::int64_t id) {
        return database().value("select state from pipeline_runs where id = " + std::to_string(id));
    }
    static constexpr auto waits =
        R"(send [type=ethtx to="0x00000000000000000000000000000000000000aa" data="0x01" minConfirmations="2"];
           after [type=multiply input="2" times="3"]; send -> after)";
};

TEST_F(RunServices, AReceiptLetsASuspendedRunGoOn) {
    const auto id = suspended(job_with(waits));
    EXPECT_EQ(count("eth_txes where min_confirmations = 2"), 1);
    const auto result = receipt_for(id);
    run(run_service().resume(result));
    EXPECT_EQ(state_of(id), "completed");
    EXPECT_EQ(database().value("select output ->> 'status' from pipeline_task_runs where dot_id = 'send'"),
              "0x1");
    EXPECT_EQ(database().value("select output from pipeline_task_runs where dot_id = 'after'"), "\"6\"");
    run(run_service().resume(result));
    EXPECT_EQ(count("pipeline_runs"), 1) << "told twice";
    EXPECT_EQ(count("eth_txes"), 1);
}

TEST_F(RunServices, AFatalTransactionEndsItsRunWithTheError) {
    const auto id = suspended(job_with(waits));
    auto result = receipt_for(id);
    result.fatal_error = "exceeds block gas limit";
    run(run_service().resume(result));
    EXPECT_EQ(state_of(id), "errored");
    EXPECT_EQ(database().value("select error from pipeline_task_runs where dot_id = 'send'"),
              "fatal error while sending transaction: exceeds block gas limit");
}

TEST_F(RunServices, ARevertIsAnErrorOnlyWhereItIsWanted) {
    const auto tolerant = suspended(job_with(waits));
    auto result = receipt_for(tolerant);
    result.reverted = true;
    run(run_service().resume(result));
    EXPECT_EQ(state_of(tolerant), "completed");
    const auto strict = suspended(job_with(waits, webhook_job("strict", 120)));
    result = receipt_for(strict);
    result.reverted = true;
    result.fail_on_revert = true;
    run(run_service().resume(result));
    EXPECT_EQ(
        database().value("select error from pipeline_task_runs where dot_id = 'send' and pipeline_run_id = " +
                         std::to_string(strict)),
        "transaction " + to_0x(hash(1).view()) + " reverted on-chain");
}

TEST_F(RunServices, AResumedRunThatFailsEarlyLeavesNoTrace) {
    const auto id = suspended(job_with(
        R"(send [type=ethtx to="0x00000000000000000000000000000000000000aa" data="0x01" minConfirmations="2"];
           after [type=multiply input="x" times="3" failEarly=true]; send -> after)"));
    run(run_service().resume(receipt_for(id)));
    EXPECT_EQ(count("pipeline_runs"), 0);
}

TEST_F(RunServices, AResumptionThatFailsIsTriedAgain) {
    const auto id = suspended(job_with(waits));
    const auto result = receipt_for(id);
    database().run("alter table pipeline_runs rename to away");
    run(run_service().resume(result));
    EXPECT_EQ(lines().with("could not go on after its transaction").size(), 1U);
    database().run("alter table away rename to pipeline_runs");
    run(run_service().resume(result));
    EXPECT_EQ(state_of(id), "completed");
}

TEST_F(RunServices, AResumptionWhoseResultIsRefusedEndsItsRun) {
    const auto id = suspended(job_with(waits));
    database().run("alter table pipeline_runs add constraint refuse check (outputs::text not like '%6%')");
    run(run_service().resume(receipt_for(id)));
    EXPECT_EQ(state_of(id), "errored");
    EXPECT_EQ(count("pipeline_runs where fatal_errors ->> 0 like 'the result cannot be stored%'"), 1);
}

TEST_F(RunServices, AResumptionEndsWhenAnotherInstanceLeads) {
    const auto id = suspended(job_with(waits));
    const auto result = receipt_for(id);
    lose_leadership();
    EXPECT_THROW(run(run_service().resume(result)), pg::FenceRefused);
}

/// Runs that a v1.11.0 left in state running.
class InheritedRuns : public RunServices {
  protected:
    static constexpr auto fulfils = "0x4ab0d190";

    /// A run of a request that was just begun, of a job whose tasks `first` and `second` each fulfil at a
    /// contract of their own.
    model::Job begun(std::int64_t run_id = 77) {
        const auto request = to_0x(hash(5).view());
        const auto data = fulfils + request.substr(2);
        const auto job =
            job_with("first [type=ethtx to=\"" + to_0x(oracle().view()) + "\" data=\"" + data +
                         "\" minConfirmations=\"0\"]; second [type=ethtx to=\"" + to_0x(address(9).view()) +
                         "\" data=\"" + data + "\" minConfirmations=\"0\"]; first -> second",
                     direct_job("inherited", 130));
        add_run(job, run_id, request);
        return job;
    }
    void add_run(const model::Job& job, std::int64_t run_id, const std::string& request) {
        database().run(
            "insert into pipeline_runs (id, pipeline_spec_id, state, inputs, created_at) values (" +
            std::to_string(run_id) + ", " + std::to_string(job.pipeline_spec_id) +
            ", 'running', '{\"jobRun\": {\"meta\": {\"oracleRequest\": {\"requestId\": \"" + request +
            "\"}}}}', now())");
        for (const auto* task : {"first", "second"})
            database().run(
                "insert into pipeline_task_runs (id, pipeline_run_id, type, dot_id, created_at) values "
                "(gen_random_uuid(), " +
                std::to_string(run_id) + ", 'ethtx', '" + task + "', now())");
    }
    /// As v1.11.0 writes it for a task without confirmations: no task id, and meta without the request.
    void add_transaction(const Address& to, const std::string& payload, const std::string& meta = "{}") {
        database().run(
            "insert into eth_txes (from_address, to_address, encoded_payload, value, gas_limit, meta, "
            "created_at, evm_chain_id) values (" +
            literal(sender().view()) + ", " + literal(to.view()) + ", '\\x" + payload.substr(2) +
            "', 0, 1, '" + meta + "', now(), 1337)");
    }
    void finish() {
        run(finish_inherited_runs(run_service(), writer(), log(), {std::chrono::milliseconds(10)}));
    }
};

TEST_F(InheritedRuns, OnlyTheTransactionsThatAreMissingAreMade) {
    begun();
    add_transaction(oracle(), fulfils + to_0x(hash(5).view()).substr(2));
    finish();
    EXPECT_EQ(state_of(77), "completed");
    EXPECT_EQ(count("eth_txes where to_address = " + literal(oracle().view())), 1)
        << "v1.11.0 had made it before it died";
    EXPECT_EQ(
        count("eth_txes where to_address = " + literal(address(9).view()) +
              " and pipeline_task_run_id = (select id from pipeline_task_runs where dot_id = 'second')"),
        1)
        << "and not this one";
}

TEST_F(InheritedRuns, ATransactionOfAnotherRequestIsNone) {
    begun();
    add_transaction(oracle(), fulfils + to_0x(hash(6).view()).substr(2));
    finish();
    EXPECT_EQ(count("eth_txes"), 3);
}

TEST_F(InheritedRuns, TheRequestInMetaCountsToo) {
    const auto job = begun();
    add_transaction(
        oracle(), fulfils,
        R"({"JobID": )" + std::to_string(job.id) + R"(, "RequestID": ")" + to_0x(hash(5).view()) + R"("})");
    finish();
    EXPECT_EQ(count("eth_txes"), 2);
}

TEST_F(InheritedRuns, OneThatFailsIsTriedAgain) {
    begun();
    database().run("alter table eth_txes rename to away");
    async::TaskGroup group(loop().executor());
    group.spawn("inherited",
                finish_inherited_runs(run_service(), writer(), log(), {std::chrono::milliseconds(10)}));
    until([&] { return lines().with("an interrupted run could not be finished").size() > 1; }, "it fails");
    database().run("alter table away rename to eth_txes");
    until_value("select state from pipeline_runs", "completed");
    run(group.join());
}

TEST_F(InheritedRuns, OneThatHangsDoesNotHoldUpTheOthers) {
    net::ServerOptions options;
    options.address = "127.0.0.1";
    options.body_limit = [](const net::Request&) { return std::size_t{1} << 16; };
    net::HttpServer never(loop().executor(), std::move(options),
                          [](net::Request) -> async::Task<net::Response> {
                              co_await async::sleep_for(std::chrono::hours(1));
                              co_return net::Response();
                          });
    never.listen();
    const auto hangs =
        job_with("a [type=http method=GET allowUnrestrictedNetworkAccess=true url=\"http://127.0.0.1:" +
                     std::to_string(never.port()) + "\"]",
                 webhook_job("hangs", 131));
    database().run("insert into pipeline_runs (id, pipeline_spec_id, state, inputs, created_at) values (1, " +
                   std::to_string(hangs.pipeline_spec_id) + ", 'running', '{}', now() - interval '1 h')");
    const auto job = begun();
    for (int i = 0; i < 40; ++i)
        add_run(job, 100 + i, to_0x(hash(100 + static_cast<std::uint32_t>(i)).view()));
    async::TaskGroup group(loop().executor());
    group.spawn("inherited", finish_inherited_runs(run_service(), writer(), log()));
    until_value("select count(*) from pipeline_runs where state = 'completed'", "41");
    EXPECT_EQ(state_of(1), "running");
    run(group.stop());
    run(never.close_all());
}

TEST_F(InheritedRuns, TheyEndWhenAnotherInstanceLeads) {
    begun();
    lose_leadership();
    EXPECT_THROW(finish(), pg::FenceRefused);
}

class Webhooks : public RunServices {
  protected:
    void SetUp() override {
        RunServices::SetUp();
        if (IsSkipped()) return;
        job_ = job_with(R"(a [type=multiply input="2" times="3"])");
        webhook_ = std::make_unique<Webhook>(run_service(), catalog(), writer());
    }
    Webhook::Result call(const std::string& body, std::optional<std::string> key = {}) {
        Webhook::Call wanted{job_.external_job_id, body, key.value_or(Uuid::random(random_).to_string())};
        wanted.callers_key = wanted.may_be_repeat = key.has_value();
        return run(webhook_->run(std::move(wanted)));
    }
    model::Job job_;
    test::SeededRandom random_;
    std::unique_ptr<Webhook> webhook_;
};

TEST_F(Webhooks, EachCallIsARun) {
    const auto first = call("{}"), second = call("{}");
    EXPECT_EQ(first.kind, Webhook::Result::Kind::stored);
    EXPECT_NE(first.run.id, second.run.id);
    EXPECT_EQ(runs(), 2);
    EXPECT_EQ(database().value("select inputs -> 'jobRun' ->> 'requestBody' from pipeline_runs limit 1"),
              "{}");
}

TEST_F(Webhooks, ARepeatedKeyFindsItsRun) {
    const auto first = call("body", "k");
    const auto again = call("body", "k");
    EXPECT_EQ(again.kind, Webhook::Result::Kind::stored);
    EXPECT_EQ(again.run.id, first.run.id);
    EXPECT_EQ(again.run.task_runs.size(), 1U);
    EXPECT_EQ(call("other body", "k").kind, Webhook::Result::Kind::key_with_other_body);
    EXPECT_EQ(runs(), 1);
}

TEST_F(Webhooks, OneKeyAtTheSameTimeIsOneRun) {
    std::vector<Webhook::Result> results(8);
    run([](async::Executor executor, Webhook* webhook, Uuid job,
           std::vector<Webhook::Result>* out) -> async::Task<void> {
        async::TaskGroup group(executor);
        const auto one = [](Webhook* used, Webhook::Call wanted,
                            Webhook::Result* result) -> async::Task<void> {
            *result = co_await used->run(std::move(wanted));
        };
        for (auto& result : *out) {
            Webhook::Call wanted{job, "body", "k", true, true};
            group.spawn("call", one(webhook, std::move(wanted), &result));
        }
        co_await group.join();
    }(loop().executor(), webhook_.get(), job_.external_job_id, &results));
    EXPECT_EQ(runs(), 1);
    for (const auto& result : results)
        EXPECT_EQ(result.run.id, results[0].run.id);
    EXPECT_GT(results[0].run.id, 0);
}

/// The instance that received a call made the key, and lost the leadership before it could answer.
TEST_F(Webhooks, ARepeatUnderAKeyThatAnInstanceMadeFindsTheRun) {
    Webhook::Call first{job_.external_job_id, "body", "made"};
    const auto made = run(webhook_->run(first));
    Webhook::Call repeat = first;
    repeat.may_be_repeat = true;
    EXPECT_EQ(run(webhook_->run(repeat)).run.id, made.run.id);
    EXPECT_EQ(run(webhook_->run(first)).run.id, made.run.id) << "found by the commit";
    EXPECT_EQ(runs(), 1);
}

TEST_F(Webhooks, OnlyWebhookJobsAreCalled) {
    Webhook::Call unknown{uuid(222), "", "k1"};
    EXPECT_EQ(run(webhook_->run(unknown)).kind, Webhook::Result::Kind::unknown_job);
    Webhook::Call direct{job().external_job_id, "", "k2"};
    EXPECT_EQ(run(webhook_->run(direct)).kind, Webhook::Result::Kind::unknown_job);
    EXPECT_EQ(runs(), 0);
}

TEST_F(Webhooks, ARunThatFailsEarlyIsToldAndNotStored) {
    job_ = job_with(R"(a [type=multiply input="x" times="3" failEarly=true])", webhook_job("early", 140));
    EXPECT_THROW(call("{}"), Error);
    EXPECT_EQ(runs(), 0);
}

}  // namespace
}  // namespace baton::jobs
