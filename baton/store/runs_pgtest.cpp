#include "baton/store/committing_testing.hpp"

namespace baton::store {
namespace {

class Runs : public CommittingTest {
  protected:
    void SetUp() override {
        CommittingTest::SetUp();
        if (IsSkipped()) return;
        job_ = stored(direct_job());
    }
    const model::Job& job() const { return job_; }
    std::int64_t store_run(RunCommit one) { return commit(std::move(one)).result.value().run_id; }

    /// The transaction of task `task_id` is confirmed, with a receipt in this block.
    void confirm(std::uint8_t task_id, int block, const std::string& status = "0x1") {
        const auto of_task = "pipeline_task_run_id = '" + uuid(task_id).to_string() + "'";
        database().run("update eth_txes set state = 'confirmed', nonce = " + std::to_string(task_id) +
                       ", broadcast_at = now(), initial_broadcast_at = now() where " + of_task);
        database().run(
            "insert into eth_tx_attempts (eth_tx_id, gas_price, signed_raw_tx, hash, state, created_at, "
            "chain_specific_gas_limit) select id, 1, '\\x01', " +
            literal(hash(task_id).view()) + ", 'broadcast', now(), 1 from eth_txes where " + of_task);
        database().run(
            "insert into eth_receipts (tx_hash, block_hash, block_number, transaction_index, receipt, "
            "created_at) "
            "values (" +
            literal(hash(task_id).view()) + ", " + literal(hash(9000).view()) + ", " + std::to_string(block) +
            ", 0, '{\"status\": \"" + status + "\"}', now())");
    }
    std::vector<Resumable> resumable(std::uint64_t head) {
        return run(find_resumable(pool(), chain_id(), head, soon()));
    }

  private:
    model::Job job_;
};

TEST_F(Runs, ARunIsFoundByTheTaskThatWaits) {
    const auto id = store_run(suspended_run(job(), 1));
    const auto found = run(find_by_task(pool(), uuid(1), soon()));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, id);
    EXPECT_EQ(found->state, model::RunState::suspended);
    ASSERT_EQ(found->task_runs.size(), 1U);
    EXPECT_FALSE(run(find_by_task(pool(), uuid(2), soon()))) << "no such task";
    store_run(completed_run(job(), 3));
    EXPECT_FALSE(run(find_by_task(pool(), uuid(3), soon()))) << "its run is finished";
}

TEST_F(Runs, OnlyRunningOnesAreLoadedAsInherited) {
    store_run(suspended_run(job(), 1));
    const auto id = store_run(suspended_run(job(), 2));
    store_run(completed_run(job(), 3));
    database().run("update pipeline_runs set state = 'running' where id = " + std::to_string(id));
    const auto running = run(load_running(pool(), soon()));
    ASSERT_EQ(running.size(), 1U);
    EXPECT_EQ(running[0].id, id);
    EXPECT_EQ(running[0].task_runs.size(), 1U);
}

TEST_F(Runs, AReceiptResumesWhenItIsDeepEnough) {
    const auto id = store_run(suspended_run(job(), 1));  // wants 3 confirmations
    EXPECT_TRUE(resumable(1000).empty()) << "no receipt yet";
    confirm(1, 100);
    EXPECT_TRUE(resumable(102).empty());
    const auto found = resumable(103);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].task_id, uuid(1));
    EXPECT_EQ(found[0].run_id, id);
    EXPECT_EQ(found[0].tx_hash, hash(1));
    EXPECT_EQ(found[0].receipt_json, R"({"status": "0x1"})");
    EXPECT_FALSE(found[0].reverted || found[0].fail_on_revert || found[0].fatal_error);
    EXPECT_TRUE(run(find_resumable(pool(), 1, 103, soon())).empty()) << "another chain's heads do not count";
}

TEST_F(Runs, AReceiptOfARowThatWentBackToUnconfirmedDoesNotResume) {
    store_run(suspended_run(job(), 1));
    confirm(1, 100);
    database().run("update eth_txes set state = 'unconfirmed'");
    EXPECT_TRUE(resumable(200).empty());
}

TEST_F(Runs, ARevertIsToldWithWhatTheTaskWants) {
    store_run(suspended_run(job(), 1));
    auto strict = suspended_run(job(), 2);
    strict.transactions[0].meta = R"({"FailOnRevert": true})";
    store_run(strict);
    auto plain = suspended_run(job(), 3);
    plain.transactions[0].meta.reset();
    store_run(plain);
    for (const std::uint8_t task : {1, 2, 3})
        confirm(task, 100, "0x0");
    const auto found = resumable(200);
    ASSERT_EQ(found.size(), 3U);
    for (const auto& one : found) {
        EXPECT_TRUE(one.reverted);
        EXPECT_EQ(one.fail_on_revert, one.task_id == uuid(2));
    }
}

TEST_F(Runs, AFatalTransactionResumesWithItsError) {
    store_run(suspended_run(job(), 1));
    store_run(suspended_run(job(), 2));
    const auto of_second = " where pipeline_task_run_id = '" + uuid(2).to_string() + "'";
    // One had been sent and keeps its two attempts, one was given up before.
    database().run("update eth_txes set state = 'fatal_error', error = 'exceeds block gas limit'");
    for (int i = 0; i < 2; ++i)
        database().run(
            "insert into eth_tx_attempts (eth_tx_id, gas_price, signed_raw_tx, hash, state, created_at, "
            "chain_specific_gas_limit) select id, " +
            std::to_string(i) + ", '\\x01', " + literal(hash(70 + static_cast<std::uint32_t>(i)).view()) +
            ", 'broadcast', now(), 1 from eth_txes" + of_second);
    const auto found = resumable(1);
    ASSERT_EQ(found.size(), 2U) << "each once";
    for (const auto& one : found)
        EXPECT_EQ(one.fatal_error, "exceeds block gas limit");
    EXPECT_NE(found[0].task_id, found[1].task_id);
}

TEST_F(Runs, AResumedRunIsNotResumableAgain) {
    const auto id = store_run(suspended_run(job(), 1));
    confirm(1, 100);
    auto resumed = completed_run(job());
    resumed.run.id = id;
    resumed.run.task_runs = {finished_task(1, "send")};
    store_run(resumed);
    EXPECT_TRUE(resumable(200).empty());
}

TEST_F(Runs, TheTransactionsOfARequestAreFoundByPayloadOrMeta) {
    const auto id = to_0x(hash(5).view());
    auto by_meta = suspended_run(job(), 1);
    by_meta.transactions[0].meta = R"({"JobID": 12, "RequestID": ")" + id + R"(", "FailOnRevert": null})";
    store_run(by_meta);
    auto by_payload = suspended_run(job(), 2);
    by_payload.transactions[0].payload = {0x4a, 0xb0, 0xd1, 0x90};
    const auto request_id = hash(5);
    const auto bytes = request_id.view();
    by_payload.transactions[0].payload.insert(by_payload.transactions[0].payload.end(), bytes.begin(),
                                              bytes.end());
    store_run(by_payload);
    const auto found = [&](std::int32_t job_id, std::string request, WallTime since = at(0)) {
        return run(transactions_for_request(pool(), job_id, std::move(request), since, soon()));
    };
    ASSERT_EQ(found(12, id).size(), 2U);
    EXPECT_EQ(found(12, id)[0].chain_id, chain_id());
    EXPECT_EQ(found(12, id)[0].to, oracle());
    EXPECT_EQ(found(13, id).size(), 1U) << "the payload says it whatever the job";
    EXPECT_TRUE(found(12, to_0x(hash(6).view())).empty());
    EXPECT_TRUE(found(12, "").empty());
    EXPECT_TRUE(found(12, id, Clock::system().wall() + std::chrono::hours(2)).empty())
        << "older than the run";
    database().run("update eth_txes set state = 'fatal_error', error = 'x'");
    EXPECT_TRUE(found(12, id).empty()) << "one that was given up answers nobody";
}

TEST_F(Runs, ARunIsGivenUpWhenAllItsTransactionsAre) {
    const auto id = store_run(suspended_run(job(), 1));
    EXPECT_FALSE(run(is_given_up(pool(), id, soon())));
    database().run("update eth_txes set state = 'fatal_error', error = 'x'");
    EXPECT_TRUE(run(is_given_up(pool(), id, soon())));
    EXPECT_FALSE(run(is_given_up(pool(), store_run(completed_run(job(), 2)), soon()))) << "it had none";
}

TEST_F(Runs, RequestsThatV1RanAreAdoptedOnce) {
    const auto add = [&](int run_id, const std::string& request, const std::string& age,
                         bool finished = true) {
        database().run(
            "insert into pipeline_runs (id, pipeline_spec_id, created_at, finished_at, state, outputs, "
            "inputs) "
            "values (" +
            std::to_string(run_id) + ", " + std::to_string(job().pipeline_spec_id) + ", now() - interval '" +
            age + "', " + (finished ? "now(), 'completed', '[]'" : "null, 'running', null") +
            ", '{\"jobRun\": {\"meta\": {\"oracleRequest\": {\"requestId\": \"" + request + "\"}}}}')");
    };
    add(11, "0x01", "1 h");
    add(12, "0x01", "1 min");
    add(13, "0x02", "30 h");
    add(14, "0x03", "30 h", false);
    store_run(completed_run(job(), 1));
    run(adopt_requests(writer()));
    run(adopt_requests(writer()));
    EXPECT_EQ(database().value("select string_agg(request_key || ' ' || run_id, ', ' order by run_id) from "
                               "baton.requests where job_id = " +
                               std::to_string(job().id)),
              "log:0x01 11, log:0x03 14");
}

TEST_F(Runs, RunsArePagedNewestFirst) {
    const auto other = stored(webhook_job());
    std::vector<std::int64_t> ids;
    for (std::uint8_t i = 1; i <= 4; ++i)
        ids.push_back(store_run(completed_run(i == 2 ? other : job(), i)));
    const auto all = run(list_runs(pool(), std::nullopt, 0, 2, soon()));
    EXPECT_EQ(all.count, 4);
    ASSERT_EQ(all.runs.size(), 2U);
    EXPECT_EQ(all.runs[0].id, ids[3]);
    EXPECT_EQ(all.runs[1].id, ids[2]);
    EXPECT_EQ(all.runs[0].task_runs.size(), 1U);
    const auto of_job = run(list_runs(pool(), job().id, 1, 10, soon()));
    EXPECT_EQ(of_job.count, 3);
    ASSERT_EQ(of_job.runs.size(), 2U);
    EXPECT_EQ(of_job.runs[0].id, ids[2]);
    EXPECT_EQ(of_job.runs[1].id, ids[0]);
    EXPECT_EQ(run(list_runs(pool(), 9999, 0, 10, soon())).count, 0);
    EXPECT_FALSE(run(find_run(pool(), ids[3] + 1000, soon())));
}

TEST_F(Runs, FinishedRunsAreReapedInBatchesAndOthersStay) {
    store_run(suspended_run(job(), 1));
    database().run(
        "insert into pipeline_runs (pipeline_spec_id, created_at, finished_at, state, outputs) select " +
        std::to_string(job().pipeline_spec_id) +
        ", now() - interval '3 d', now() - interval '25 h', 'completed', '[]' from generate_series(1, 2500)");
    database().run(
        "insert into pipeline_runs (pipeline_spec_id, created_at, finished_at, state, outputs) values (" +
        std::to_string(job().pipeline_spec_id) +
        ", now() - interval '3 d', now() - interval '23 h', "
        "'completed', '[]')");
    EXPECT_EQ(run(reap_runs(writer(), std::chrono::hours(24))), 2500);
    EXPECT_EQ(count("pipeline_runs"), 2);
    EXPECT_EQ(count("pipeline_task_runs"), 1);
    EXPECT_EQ(run(reap_runs(writer(), std::chrono::hours(24))), 0);
}

TEST_F(Runs, ARunStaysAsLongAsTheCallersKeyThatStandsForIt) {
    int number = 0;
    for (const auto* key : {"webhook:callers", "webhook:made-by-an-instance"}) {
        auto wanted = completed_run(job(), ++number);
        wanted.request_key = key;
        if (key == std::string("webhook:callers")) wanted.body_hash = Bytes{1, 2, 3};
        store_run(wanted);
    }
    database().run("update pipeline_runs set finished_at = now() - interval '2 days'");
    EXPECT_EQ(run(reap_runs(writer(), std::chrono::hours(24))), 1);
    const auto kept = run(find_request(pool(), "baton", job().id, "webhook:callers", soon()));
    ASSERT_TRUE(kept);
    EXPECT_TRUE(run(find_run(pool(), kept->run_id, soon())));
    database().run("delete from baton.requests");
    EXPECT_EQ(run(reap_runs(writer(), std::chrono::hours(24))), 1);
}

TEST_F(Runs, OnlyAnUnfinishedRunIsRemoved) {
    const auto open = store_run(suspended_run(job(), 1));
    const auto finished = store_run(completed_run(job(), 2));
    for (const auto id : {open, finished})
        run(delete_unfinished_run(writer(), id));
    EXPECT_EQ(database().value("select string_agg(id::text, ',') from pipeline_runs"),
              std::to_string(finished));
    EXPECT_EQ(count("pipeline_task_runs"), 1);
}

TEST_F(Runs, ARequestKeepsTheHashOfItsBody) {
    auto wanted = completed_run(job());
    wanted.request_key = "webhook:k";
    wanted.body_hash = Bytes{1, 2, 3};
    const auto id = store_run(wanted);
    const auto request = run(find_request(pool(), "baton", job().id, "webhook:k", soon()));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->run_id, id);
    EXPECT_EQ(request->body_hash, (Bytes{1, 2, 3}));
    EXPECT_FALSE(run(find_request(pool(), "baton", job().id + 1, "webhook:k", soon())));
    EXPECT_FALSE(run(find_request(pool(), "baton", job().id, "webhook:K", soon())));
}

TEST_F(Runs, OldRequestsAreForgottenButNoneOfAnOpenTransaction) {
    const auto add = [&](const std::string& key, const std::string& age) {
        database().run("insert into baton.requests (job_id, request_key, run_id, created_at) values (1, '" +
                       key + "', 1, now() - interval '" + age + "')");
    };
    add("old", "9 d");
    add("waits", "8 d");
    add("young", "6 d");
    database().run(
        "insert into baton.requests (job_id, request_key, run_id, created_at) select 2, i::text, 1, now() - "
        "interval '10 d' from generate_series(1, 2500) i");
    EXPECT_EQ(run(reap_requests(writer(), std::chrono::hours(239))), 2500) << "in batches";
    store_run(suspended_run(job(), 1));
    database().run("update eth_txes set created_at = now() - interval '8 d 1 h'");
    EXPECT_EQ(run(reap_requests(writer(), std::chrono::hours(168))), 1);
    EXPECT_EQ(count("baton.requests where request_key in ('waits', 'young')"), 2);
    confirm(1, 100);
    EXPECT_EQ(run(reap_requests(writer(), std::chrono::hours(168))), 1);
    EXPECT_EQ(database().value("select string_agg(request_key, ',') from baton.requests"), "young");
}

}  // namespace
}  // namespace baton::store
