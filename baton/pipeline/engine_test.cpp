#include "baton/async/group.hpp"
#include "baton/pipeline/catalogue.hpp"
#include "baton/pipeline/engine_testing.hpp"

namespace baton::pipeline::testing {

using codec::Value;
using model::RunState;

namespace {

const std::string five_tasks = R"g(
    parse  [type=jsonparse data="$(jobRun.requestBody)" path="price"]
    times  [type=multiply times=100]
    less   [type=lessthan left="$(times)" right=1000000]
    check  [type=conditional data="$(less)"]
    encode [type=ethabiencode abi="(uint256 value)" data=<{"value": $(times)}>]
    parse -> times -> less -> check -> encode
)g";

codec::Map webhook_vars(const std::string& body) {
    return {{"jobRun", Value::map({{"requestBody", body}, {"meta", Value()}})}};
}

}  // namespace

TEST_F(EngineTest, PureTasksRunToTheEnd) {
    const RunOutcome outcome = execute(five_tasks, webhook_vars(R"({"price": 12.5})"));
    EXPECT_EQ(outcome.run.state, RunState::completed);
    EXPECT_EQ(outcome.run.outputs,
              R"(["0x00000000000000000000000000000000000000000000000000000000000004e2"])");
    EXPECT_EQ(outcome.run.fatal_errors, "[null]");
    EXPECT_EQ(outcome.run.all_errors, std::nullopt);
    EXPECT_FALSE(outcome.has_errors);
    EXPECT_EQ(outcome.run.id, 0);
    EXPECT_EQ(outcome.run.pipeline_spec_id, 70);
    EXPECT_EQ(outcome.run.created_at, clock.wall());
    EXPECT_EQ(outcome.run.finished_at, clock.wall());
    ASSERT_EQ(outcome.run.task_runs.size(), 5U);
    EXPECT_EQ(row(outcome.run, "times").output, R"("1250")");
    EXPECT_EQ(row(outcome.run, "times").type, "multiply");
    EXPECT_EQ(row(outcome.run, "times").finished_at, clock.wall());
}

TEST_F(EngineTest, InputsOfARunThatIsStoredOnceHoldTheTasksResults) {
    const RunOutcome outcome =
        execute("a [type=multiply input=2 times=3]; b [type=fail msg=boom]", webhook_vars("hi"));
    EXPECT_EQ(outcome.run.inputs, R"({"a":"6","b":{},"jobRun":{"meta":null,"requestBody":"hi"}})");
}

TEST_F(EngineTest, TerminalErrorsAreFatalOthersAreOnlyRecorded) {
    const RunOutcome outcome = execute(R"(
        bad  [type=fail msg=boom]
        any  [type=any index=1]
        good [type=memo value=1]
        last [type=fail msg=end index=2]
        bad -> any; good -> any
    )");
    EXPECT_EQ(outcome.run.state, RunState::errored);
    EXPECT_EQ(outcome.run.outputs, R"(["1",null])");
    EXPECT_EQ(outcome.run.fatal_errors, R"([null,"end"])");
    EXPECT_EQ(outcome.run.all_errors, R"(["boom","end"])");
    EXPECT_TRUE(outcome.has_errors);
}

TEST_F(EngineTest, CountsTasksAndRuns) {
    execute(
        "a [type=fail msg=x retries=2 minBackoff=\"1ns\" maxBackoff=\"1ns\"]; b [type=base64encode input=x]");
    const MetricLabels job{{"job_id", "7"}, {"job_name", "a job"}};
    MetricLabels a = job;
    a.insert({{"task_id", "a"}, {"task_type", "fail"}, {"status", "error"}});
    MetricLabels b = job;
    // The type that is recorded.
    b.insert({{"task_id", "b"}, {"task_type", "base64decode"}, {"status", "completed"}});
    EXPECT_EQ((metrics.counters[{"pipeline_tasks_total_finished", a}]), 2);
    EXPECT_EQ((metrics.counters[{"pipeline_tasks_total_finished", b}]), 1);
    EXPECT_EQ((metrics.counters[{"pipeline_run_errors", job}]), 1);
    EXPECT_EQ((metrics.gauges.count({"pipeline_run_total_time_to_completion", job})), 1U);
    // What did not happen is not there with 0.
    EXPECT_EQ(metrics.counters.size(), 3U);
}

TEST_F(EngineTest, CountsJobsOfTheSameGraphApartAlsoWhenTheyTakeTurns) {
    RunRequest first = request("a [type=memo value=1]");
    RunRequest second = first;
    second.job_id = 8;
    RunRequest renamed = first;
    renamed.job_name = "another name";
    for (const RunRequest& each : {first, second, first, renamed, first})
        execute(each);
    const auto completed = [&](const char* id, const char* name) {
        const MetricLabels labels{{"job_id", id},
                                  {"job_name", name},
                                  {"task_id", "a"},
                                  {"task_type", "memo"},
                                  {"status", "completed"}};
        return metrics.counters[{"pipeline_tasks_total_finished", labels}];
    };
    EXPECT_EQ(completed("7", "a job"), 3);
    EXPECT_EQ(completed("8", "a job"), 1);
    EXPECT_EQ(completed("7", "another name"), 1);
}

namespace {

/// True when nothing else on the loop had its turn before the run ended.
async::Task<bool> ends_at_once(async::Loop* loop, Engine* engine, RunRequest request) {
    const auto others_had_a_turn = std::make_shared<bool>(false);
    loop->post([others_had_a_turn] { *others_had_a_turn = true; });
    co_await engine->execute(std::move(request));
    co_return !*others_had_a_turn;
}

}  // namespace

TEST_F(EngineTest, ARunWithoutIoNeverWaitsForTheLoop) {
    const std::string pure = R"g(
        a [type=memo value=2]
        b [type=multiply input="$(a)" times=3]
        c [type=multiply input="$(a)" times=4]
        sum [type=sum]
        b -> sum; c -> sum
    )g";
    EXPECT_TRUE(loop.run_until_done(ends_at_once(&loop, &engine, request(pure))));
    const std::string waiting = R"(a [type=fail msg=x retries=2 minBackoff="1ns" maxBackoff="1ns"])";
    EXPECT_FALSE(loop.run_until_done(ends_at_once(&loop, &engine, request(waiting))));
}

TEST_F(EngineTest, ATaskSeesTheVariablesOfTheMomentWhenItBecameReady) {
    // $(x-y) implies no edge, so both tasks are ready at once and neither sees the other.
    const RunOutcome outcome =
        execute(R"g("x-y" [type=multiply input=1 times=1]; b [type=multiply input="$(x-y)" times=1])g");
    EXPECT_EQ(row(outcome.run, "b").error, "input: key x-y (segment 0 in keypath x-y): keypath not found");
}

TEST_F(EngineTest, EveryTaskTypeIsRun) {
    for (const TaskType& type : task_types())
        EXPECT_TRUE(type.supported()) << type.name;
}

TEST_F(EngineTest, GraphsThatCannotBeStoredEndErrored) {
    for (const std::string graph : {"", "\"a.b\" [type=memo value=1]", "\"\" [type=memo value=1]",
                                    "a [type=memo value=1]; \"a\" [type=memo value=1]"}) {
        const RunOutcome outcome = execute(graph, webhook_vars("x"));
        EXPECT_EQ(outcome.run.state, RunState::errored) << graph;
        EXPECT_EQ(outcome.run.outputs, "[null]") << graph;
        EXPECT_EQ(outcome.run.fatal_errors, outcome.run.all_errors) << graph;
        EXPECT_TRUE(outcome.run.task_runs.empty()) << graph;
        EXPECT_TRUE(outcome.run.finished_at) << graph;
        EXPECT_THROW(check_runnable(*parse_graph(graph)), InvalidInput) << graph;
    }
}

TEST_F(EngineTest, ValuesThatTheDatabaseRefusesBecomeStorable) {
    const std::string deep = std::string(2000, '[') + std::string(2000, ']');
    const RunOutcome outcome =
        execute(R"g(
        nul  [type=jsonparse data="$(nul)" path="" index=1]
        deep [type=jsonparse data="$(deep)" path="" index=2]
        map  [type=cborparse data="$(cbor)" mode=standard index=3]
        text [type=fail msg=")g"
                "\xff\xfe"
                R"g(" index=4]
        use  [type=lowercase index=5]
        nul -> use
    )g",
                {{"nul", "\"a\\u0000b\\\\u0000\""}, {"deep", deep}, {"cbor", Bytes{0xa1, 0x01, 0x02}}});
    EXPECT_EQ(row(outcome.run, "nul").output, R"("a\ufffdb\\u0000")");
    EXPECT_EQ(row(outcome.run, "use").output, R"("a\ufffdb\\u0000")");
    EXPECT_EQ(row(outcome.run, "deep").error, "value cannot be stored: it is nested too deeply");
    EXPECT_EQ(row(outcome.run, "map").error, "json: unsupported type: map[interface {}]interface {}");
    EXPECT_EQ(row(outcome.run, "text").error, "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(outcome.run.state, RunState::errored);
    EXPECT_NO_THROW(codec::read_json(outcome.run.inputs));
}

// failEarly and retries

TEST_F(EngineTest, FailEarlyStopsTheRunAndItsWaitingRetries) {
    // `slow` would be tried again in an hour.
    const RunOutcome outcome = execute(R"(
        slow [type=fail msg=slow retries=3 minBackoff="1h" maxBackoff="1h" index=1]
        stop [type=fail msg=stop failEarly=true retries=5 index=2]
        next [type=memo value=1 index=3]
        stop -> next
    )");
    EXPECT_TRUE(outcome.fail_silently);
    EXPECT_EQ(outcome.run.state, RunState::errored);
    EXPECT_EQ(row(outcome.run, "slow").error, "task run cancelled (fail early)");
    EXPECT_EQ(row(outcome.run, "stop").error, "stop");
    EXPECT_EQ(row(outcome.run, "next").error, "task run cancelled (fail early)");
    EXPECT_TRUE(row(outcome.run, "next").finished_at);
}

TEST_F(EngineTest, DependantsWaitForTheLastAttempt) {
    const RunOutcome outcome = execute(R"(
        a [type=fail msg=no retries=3 minBackoff="1us" maxBackoff="1us"]
        b [type=any]
        a -> b
    )");
    EXPECT_EQ(row(outcome.run, "b").error, "There were zero non-errored inputs: bad input for task");
    EXPECT_EQ(outcome.run.task_runs.size(), 2U);
}

TEST_F(EngineTest, CancelledWhileARetryWaitsNothingHappened) {
    async::TaskGroup owner(loop.executor());
    bool ended = false;
    bool has_outcome = false;
    const auto run = [](Engine* runner, RunRequest what, bool* has, bool* end) -> async::Task<void> {
        std::exception_ptr error;
        try {
            co_await runner->execute(std::move(what));
            *has = true;
        } catch (...) {
            error = std::current_exception();
        }
        *end = error != nullptr && async::is_cancellation(error);
    };
    owner.spawn("run",
                run(&engine, request("a [type=fail retries=2 minBackoff=\"1h\"]"), &has_outcome, &ended));
    loop.poll();
    loop.run_until_done(owner.stop());
    EXPECT_TRUE(ended);
    EXPECT_FALSE(has_outcome);
}

// ethtx, suspension and resumption

namespace {

const std::string send_and_go_on = R"g(
    send [type=ethtx to="0x3333333333333333333333333333333333333333" data="0xaabb" minConfirmations=2 txMeta=<{"requestID": "0x01"}>]
    side [type=multiply input=2 times=2 index=1]
    next [type=jsonparse path="status" data="$(text)" index=2]
    send -> last
    last [type=lookup key=status index=3]
)g";

}  // namespace

TEST_F(EngineTest, EthtxSuspendsTheRunAndOthersGoOn) {
    RunRequest wanted = request(send_and_go_on, {{"jobSpec", Value::map({{"databaseID", std::int32_t{7}}})},
                                                 {"text", R"({"status": 1})"}});
    const RunOutcome outcome = execute(std::move(wanted));
    EXPECT_EQ(outcome.run.state, RunState::suspended);
    EXPECT_EQ(outcome.run.outputs, std::nullopt);
    EXPECT_EQ(outcome.run.fatal_errors, std::nullopt);
    EXPECT_EQ(outcome.run.finished_at, std::nullopt);
    // Job variables only, for a run that is stored before it ends.
    EXPECT_EQ(outcome.run.inputs, R"({"jobSpec":{"databaseID":7},"text":"{\"status\": 1}"})");
    ASSERT_EQ(outcome.run.task_runs.size(), 3U);
    EXPECT_EQ(row(outcome.run, "side").output, R"("4")");
    const model::TaskRun& pending = row(outcome.run, "send");
    EXPECT_EQ(pending.finished_at, std::nullopt);
    EXPECT_EQ(pending.output, std::nullopt);
    ASSERT_EQ(outcome.transactions.size(), 1U);
    const model::NewTransaction& transaction = outcome.transactions.front();
    EXPECT_EQ(transaction.task_id, pending.id);
    EXPECT_EQ(transaction.min_confirmations, 2U);
    EXPECT_EQ(transaction.from, address_of(0x11));
    EXPECT_EQ(transaction.to, address_of(0x33));
    EXPECT_EQ(transaction.payload, (Bytes{0xaa, 0xbb}));
    EXPECT_EQ(transaction.gas_limit, 500'000U);
    // The job's id is known because the variables came back as from the database.
    EXPECT_EQ(transaction.meta,
              R"({"JobID":7,"FailOnRevert":false,"RequestID":"0x)" + std::string(63, '0') + R"(1"})");
    EXPECT_EQ(transaction.transmit_checker, "{}");
}

TEST_F(EngineTest, AResumedRunTakesOverWhatIsThereAndFinishes) {
    const RunOutcome first = execute(send_and_go_on, {{"text", R"({"status": 1})"}});
    model::Run stored = first.run;
    stored.id = 99;
    clock.advance(std::chrono::minutes(1));
    const RunOutcome second = resume(send_and_go_on, stored, "send", R"({"status": "0x1"})");
    EXPECT_EQ(second.run.state, RunState::completed);
    EXPECT_EQ(second.run.id, 99);
    EXPECT_EQ(second.run.created_at, first.run.created_at);
    EXPECT_EQ(second.run.finished_at, clock.wall());
    EXPECT_EQ(second.run.outputs, R"(["4",1,"0x1"])");
    EXPECT_EQ(second.run.inputs, first.run.inputs);
    EXPECT_TRUE(second.transactions.empty());
    EXPECT_EQ(row(second.run, "send").output, R"({"status": "0x1"})");
    EXPECT_EQ(row(second.run, "send").id, row(first.run, "send").id);
    // Not computed again.
    EXPECT_EQ(row(second.run, "side").finished_at, row(first.run, "side").finished_at);
}

TEST_F(EngineTest, AnErrorPutIntoATaskReachesItsDependants) {
    const RunOutcome first = execute(send_and_go_on, {{"text", "{\"status\":1}"}});
    const RunOutcome second =
        resume(send_and_go_on, first.run, "send", std::nullopt, "transaction 0x01 reverted on-chain");
    EXPECT_EQ(second.run.state, RunState::errored);
    EXPECT_EQ(row(second.run, "last").error, "task inputs: too many errors");
    EXPECT_EQ(second.run.all_errors,
              R"(["transaction 0x01 reverted on-chain","task inputs: too many errors"])");
}

TEST_F(EngineTest, AnotherPendingTaskOfASuspendedRunStaysPending) {
    const std::string graph = R"(
        a [type=ethtx to="0x3333333333333333333333333333333333333333" data="0x01" index=1]
        b [type=ethtx to="0x4444444444444444444444444444444444444444" data="0x02" index=2]
    )";
    const RunOutcome first = execute(graph);
    ASSERT_EQ(first.transactions.size(), 2U);
    EXPECT_EQ(first.transactions.front().min_confirmations, 50U);
    const RunOutcome second = resume(graph, first.run, "a", "null");
    EXPECT_EQ(second.run.state, RunState::suspended);
    EXPECT_TRUE(second.transactions.empty());
    EXPECT_EQ(row(second.run, "b").id, row(first.run, "b").id);
    EXPECT_EQ(row(second.run, "b").created_at, row(first.run, "b").created_at);
    const RunOutcome third = resume(graph, second.run, "b", "null");
    EXPECT_EQ(third.run.state, RunState::completed);
    EXPECT_EQ(third.run.outputs, "[null,null]");
}

TEST_F(EngineTest, ARunInterruptedWhileRunningAsksAgainWithTheSameId) {
    const std::string graph = R"(a [type=ethtx to="0x3333333333333333333333333333333333333333" data="0x01"])";
    const RunOutcome first = execute(graph);
    RunRequest again = request(graph);
    again.resumed = first.run;
    again.resumed->state = RunState::running;
    const RunOutcome second = execute(std::move(again));
    EXPECT_EQ(second.run.state, RunState::suspended);
    ASSERT_EQ(second.transactions.size(), 1U);
    EXPECT_EQ(second.transactions.front().task_id, first.transactions.front().task_id);
}

TEST_F(EngineTest, VariablesOfGraphsWithEthtxComeBackAsFromTheDatabase) {
    const std::string graph = R"g(
        a [type=memo value=<{"topic": $(jobRun.logTopics.0), "data": $(jobRun.logData), "id": $(jobSpec.externalJobID)}> index=1]
        b [type=ethtx to="0x3333333333333333333333333333333333333333" data="0x01" minConfirmations=0 index=2]
    )g";
    Hash topic;
    topic.bytes.fill(0xab);
    const RunOutcome outcome = execute(
        graph, {{"jobSpec", Value::map({{"externalJobID", codec::FixedBytesValue{Bytes(16, 0xcd), true}}})},
                {"jobRun", Value::map({{"logTopics", Value::typed_list("hash", {Value(topic)})},
                                       {"logData", Bytes{1, 2}}})}});
    EXPECT_EQ(row(outcome.run, "a").output, R"({"data":"0x0102","id":"0x)" + to_hex(Bytes(16, 0xcd)) +
                                                R"(","topic":"0x)" + to_hex(Bytes(32, 0xab)) + R"("})");
}

TEST_F(EngineTest, OnlyAPendingTaskTakesAResult) {
    model::Run run = execute(send_and_go_on, {{"text", "{\"status\":1}"}}).run;
    EXPECT_THROW(Engine::put_result(run, Uuid::random(random), "1", std::nullopt, clock.wall()), NotFound);
    EXPECT_THROW(Engine::put_result(run, row(run, "side").id, "1", std::nullopt, clock.wall()), NotFound);
    Engine::put_result(run, row(run, "send").id, "1", std::nullopt, clock.wall());
    EXPECT_THROW(Engine::put_result(run, row(run, "send").id, "1", std::nullopt, clock.wall()), NotFound);
}

TEST_F(EngineTest, ARowOfATaskThatTheGraphHasNoMoreIsRefused) {
    const RunOutcome first =
        execute("a [type=ethtx to=\"0x3333333333333333333333333333333333333333\" data=\"0x01\"]");
    RunRequest other = request("b [type=ethtx]");
    other.resumed = first.run;
    try {
        execute(std::move(other));
        FAIL() << "executed";
    } catch (const InvalidInput& error) {
        EXPECT_STREQ(error.what(), "failed to match a pipeline task for dot ID: a");
    }
}

}  // namespace baton::pipeline::testing
