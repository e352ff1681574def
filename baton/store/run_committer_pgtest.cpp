#include "baton/pg/error.hpp"
#include "baton/store/committing_testing.hpp"

namespace baton::store {
namespace {

class RunCommits : public CommittingTest {
  protected:
    void SetUp() override {
        CommittingTest::SetUp();
        if (IsSkipped()) return;
        job_ = stored(direct_job());
    }
    const model::Job& job() const { return job_; }
    std::string state_of(std::int64_t run_id) {
        return database().value("select state from pipeline_runs where id = " + std::to_string(run_id));
    }

  private:
    model::Job job_;
};

TEST_F(RunCommits, ARunIsStoredWithItsTasksTransactionLogAndRequest) {
    add_broadcast(job(), 5);
    auto wanted = suspended_run(job(), 1);
    wanted.run.task_runs.push_back(finished_task(2, "parse"));
    wanted.consumed_log = consumed_log(job(), 5);
    wanted.request_key = "log:0x01";
    const auto outcome = commit(wanted);
    ASSERT_TRUE(outcome.stored());
    EXPECT_GT(outcome.result->run_id, 0);
    const auto read = run(find_run(pool(), outcome.result->run_id, soon()));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->state, model::RunState::suspended);
    EXPECT_EQ(read->pipeline_spec_id, job().pipeline_spec_id);
    EXPECT_EQ(read->inputs, R"({"jobRun": {}})");
    EXPECT_FALSE(read->outputs || read->all_errors || read->fatal_errors || read->finished_at);
    EXPECT_EQ(read->created_at, at(0));
    ASSERT_EQ(read->task_runs.size(), 2U);
    EXPECT_EQ(read->task_runs[0].id, uuid(1));
    EXPECT_EQ(read->task_runs[0].type, "ethtx");
    EXPECT_FALSE(read->task_runs[0].output || read->task_runs[0].error || read->task_runs[0].finished_at);
    EXPECT_EQ(read->task_runs[1].output, "\"2\"");
    EXPECT_EQ(database().value("select meta is null from pipeline_runs"), "t") << "as v1.11.0 leaves it";
    EXPECT_EQ(count("eth_txes where state = 'unstarted' and nonce is null and pipeline_task_run_id = '" +
                    uuid(1).to_string() +
                    "' and min_confirmations = 3 and value = 0 and gas_limit = 500000 and "
                    "encoded_payload = '\\x4ab0' and meta ? 'FailOnRevert' and transmit_checker = '{}'"),
              1);
    EXPECT_EQ(count("log_broadcasts where consumed"), 1);
    const auto request = run(find_request(pool(), "baton", job().id, "log:0x01", soon()));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->run_id, outcome.result->run_id);
    EXPECT_EQ(request->attempt, 1);
}

TEST_F(RunCommits, ErrorsAndOutputsKeepTheirNulls) {
    auto wanted = completed_run(job());
    wanted.run.state = model::RunState::errored;
    wanted.run.outputs = "[null]";
    wanted.run.fatal_errors = R"(["no \"answer\", {or}, \\ what"])";
    wanted.run.all_errors = R"(["no"])";
    wanted.run.task_runs[0].output.reset();
    wanted.run.task_runs[0].error = R"(say "NULL", {}, \ and é)";
    const auto outcome = commit(wanted);
    ASSERT_TRUE(outcome.stored());
    const auto read = run(find_run(pool(), outcome.result->run_id, soon()));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->fatal_errors, wanted.run.fatal_errors);
    EXPECT_EQ(read->all_errors, wanted.run.all_errors);
    EXPECT_EQ(read->task_runs[0].error, wanted.run.task_runs[0].error);
    EXPECT_FALSE(read->task_runs[0].output);
}

TEST_F(RunCommits, TaskRowsAreLeftOutOnRequest) {
    auto wanted = completed_run(job());
    wanted.save_task_runs = false;
    ASSERT_TRUE(commit(wanted).stored());
    EXPECT_EQ(count("pipeline_runs"), 1);
    EXPECT_EQ(count("pipeline_task_runs"), 0);
}

TEST_F(RunCommits, WithoutIdsNothingIsWritten) {
    database().run("alter sequence pipeline_runs_id_seq rename to gone");
    for (const auto& outcome : commit_all({completed_run(job(), 1), completed_run(job(), 2)}))
        EXPECT_TRUE(outcome.failed_with<pg::StatementFailed>());
    EXPECT_EQ(count("pipeline_runs"), 0);
}

TEST_F(RunCommits, AConsumedLogIsNotConsumedAgain) {
    add_broadcast(job(), 5, true);
    auto wanted = suspended_run(job());
    wanted.consumed_log = consumed_log(job(), 5);
    EXPECT_TRUE(commit(wanted).already_done());
    EXPECT_EQ(count("pipeline_runs") + count("pipeline_task_runs") + count("eth_txes"), 0)
        << "nothing was written";
}

TEST_F(RunCommits, ALogThatIsNotOnRecordStoresNothing) {
    auto wanted = suspended_run(job());
    wanted.consumed_log = consumed_log(job(), 5);
    EXPECT_TRUE(commit(wanted).already_done());
    EXPECT_EQ(count("pipeline_runs"), 0);
}

TEST_F(RunCommits, ARequestThatWasRecordedGetsNoSecondRun) {
    add_broadcast(job(), 5);
    add_broadcast(job(), 6);
    auto first = suspended_run(job(), 1);
    first.consumed_log = consumed_log(job(), 5);
    first.request_key = "log:0x01";
    ASSERT_TRUE(commit(first).stored());
    auto again = suspended_run(job(), 2);
    again.consumed_log = consumed_log(job(), 6);
    again.request_key = "log:0x01";
    EXPECT_TRUE(commit(again).already_done());
    EXPECT_EQ(count("pipeline_runs"), 1);
    EXPECT_EQ(count("eth_txes"), 1);
    EXPECT_EQ(count("log_broadcasts where not consumed"), 1);
    auto other_job = suspended_run(stored(direct_job("other", 50)), 3);
    other_job.request_key = "log:0x01";
    EXPECT_TRUE(commit(other_job).stored()) << "the key belongs to its job";
}

TEST_F(RunCommits, OneRequestTwiceInABatchRunsOnce) {
    std::vector<RunCommit> runs;
    for (std::uint8_t i = 1; i <= 3; ++i) {
        runs.push_back(completed_run(job(), i));
        runs.back().request_key = i == 3 ? "webhook:b" : "webhook:a";
    }
    const auto outcomes = commit_all(std::move(runs));
    EXPECT_EQ(outcomes[0].stored() + outcomes[1].stored(), 1);
    EXPECT_EQ(outcomes[0].already_done() + outcomes[1].already_done(), 1);
    EXPECT_TRUE(outcomes[2].stored());
    EXPECT_EQ(count("pipeline_runs"), 2);
}

TEST_F(RunCommits, APoisonedRunDoesNotTakeItsNeighboursAlong) {
    std::vector<RunCommit> runs;
    for (std::uint8_t i = 1; i <= 4; ++i)
        runs.push_back(completed_run(job(), i));
    runs[1].run.outputs = R"(["\u0000"])";  // jsonb cannot hold it
    runs[3].run.finished_at.reset();        // pipeline_runs_check
    const auto outcomes = commit_all(std::move(runs));
    EXPECT_TRUE(outcomes[0].stored());
    EXPECT_TRUE(outcomes[1].failed_with<pg::StatementFailed>());
    EXPECT_TRUE(outcomes[2].stored());
    EXPECT_TRUE(outcomes[3].failed_with<pg::StatementFailed>());
    EXPECT_EQ(count("pipeline_runs"), 2);
}

TEST_F(RunCommits, NorDoesARunThatCannotEvenBeSent) {
    std::vector<RunCommit> runs{completed_run(job(), 1), completed_run(job(), 2)};
    runs[1].run.task_runs[0].dot_id = std::string("a\0b", 3);
    const auto outcomes = commit_all(std::move(runs));
    EXPECT_TRUE(outcomes[0].stored());
    EXPECT_TRUE(outcomes[1].failed_with<InvalidInput>()) << "no text of PostgreSQL holds a zero byte";
    EXPECT_EQ(count("pipeline_runs"), 1);
}

TEST_F(RunCommits, ARunOfADeletedJobFailsAlone) {
    const auto gone = stored(webhook_job());
    run(delete_job(writer(), gone.id));
    std::vector<RunCommit> runs{completed_run(job(), 1), completed_run(gone, 2)};
    const auto outcomes = commit_all(std::move(runs));
    EXPECT_TRUE(outcomes[0].stored());
    EXPECT_TRUE(outcomes[1].failed_with<pg::ForeignKeyViolation>());
}

TEST_F(RunCommits, ASuspendedRunIsCompletedOnce) {
    const auto id = commit(suspended_run(job(), 1)).result->run_id;
    const auto task_row = database().value("select id from pipeline_task_runs");
    auto resumed = completed_run(job());
    resumed.run.id = id;
    resumed.run.task_runs = {finished_task(9, "send"), finished_task(10, "after")};
    ASSERT_TRUE(commit(resumed).stored());
    EXPECT_EQ(state_of(id), "completed");
    EXPECT_EQ(count("pipeline_task_runs where finished_at is not null"), 2);
    EXPECT_EQ(count("pipeline_task_runs where dot_id = 'send' and id = '" + task_row + "'"), 1)
        << "the id is kept";
    EXPECT_TRUE(commit(resumed).already_done()) << "it is finished";
    EXPECT_EQ(count("pipeline_runs"), 1);
}

TEST_F(RunCommits, AnInheritedRunKeepsTheTransactionThatItHas) {
    const auto id = commit(suspended_run(job(), 1)).result->run_id;
    database().run("update pipeline_runs set state = 'running'");
    auto again = suspended_run(job(), 1);
    again.run.id = id;
    again.transactions[0].payload = {0xff};
    ASSERT_TRUE(commit(again).stored());
    EXPECT_EQ(state_of(id), "suspended");
    EXPECT_EQ(database().value("select string_agg(encode(encoded_payload, 'hex'), ',') from eth_txes"),
              "4ab0");
}

TEST_F(RunCommits, NewAndResumedRunsShareABatch) {
    const auto id = commit(suspended_run(job(), 1)).result->run_id;
    auto resumed = completed_run(job());
    resumed.run.id = id;
    resumed.run.task_runs = {finished_task(9, "send")};
    const auto outcomes = commit_all({completed_run(job(), 2), resumed});
    EXPECT_TRUE(outcomes[0].stored());
    EXPECT_TRUE(outcomes[1].stored());
    EXPECT_EQ(outcomes[1].result->run_id, id);
    EXPECT_EQ(count("pipeline_runs where state = 'completed'"), 2);
}

TEST_F(RunCommits, CommitsAreShared) {
    constexpr int runs = 300;
    std::vector<RunCommit> many;
    for (int i = 0; i < runs; ++i) {
        many.push_back(completed_run(job()));
        many.back().save_task_runs = false;
    }
    // Every row carries the transaction that wrote it.
    const auto outcomes = commit_all(std::move(many));
    for (const auto& outcome : outcomes)
        ASSERT_TRUE(outcome.stored());
    EXPECT_EQ(count("pipeline_runs"), runs);
    const auto transactions = count("(select distinct xmin::text from pipeline_runs) t");
    EXPECT_LE(transactions, 1 + runs / static_cast<int>(most_runs_per_batch)) << "the batches are full";
    EXPECT_EQ(count("(select distinct id from pipeline_runs) t"), runs);
}

TEST_F(RunCommits, ARefusedFenceFailsAllWhoWaitAndEndsTheCommitter) {
    lose_leadership();
    std::vector<RunCommit> many;
    for (int i = 0; i < 200; ++i)
        many.push_back(completed_run(job()));
    std::exception_ptr ended;
    const auto outcomes = commit_all(std::move(many), &ended);
    int refused = 0;
    for (const auto& outcome : outcomes) {
        EXPECT_TRUE(outcome.error);
        refused += outcome.failed_with<pg::FenceRefused>();
    }
    EXPECT_GE(refused, 200 - static_cast<int>(most_runs_per_batch))
        << "only one batch may have been cancelled instead";
    ASSERT_TRUE(ended);
    EXPECT_THROW(std::rethrow_exception(ended), pg::FenceRefused);
    EXPECT_EQ(count("pipeline_runs"), 0);
}

TEST_F(RunCommits, AnEndedCommitterRefusesAtOnce) {
    lose_leadership();
    RunCommitter committer(loop().executor(), writer(), log());
    std::vector<Outcome> outcomes(2);
    run([](async::Executor executor, RunCommitter* used, std::vector<RunCommit> runs,
           std::vector<Outcome>* out) -> async::Task<void> {
        async::TaskGroup serving(executor);
        serving.spawn("committer", used->run());
        co_await await(used, std::move(runs[0]), &(*out)[0]);
        co_await serving.join();
        co_await await(used, std::move(runs[1]), &(*out)[1]);
    }(loop().executor(), &committer, {completed_run(job(), 1), completed_run(job(), 2)}, &outcomes));
    EXPECT_TRUE(outcomes[0].failed_with<pg::FenceRefused>());
    EXPECT_TRUE(outcomes[1].failed_with<pg::FenceRefused>());
}

}  // namespace
}  // namespace baton::store
