#include "baton/async/timer.hpp"
#include "baton/store/committing_testing.hpp"
#include "testing/cutting_proxy.hpp"

namespace baton::store {
namespace {

using Cut = test::CuttingProxy::Cut;

/// The session that commits is lost at a chosen moment (leadership.md section 8). Its pool leads through a
/// relay.
class LostCommits : public CommittingTest {
  protected:
    void SetUp() override {
        CommittingTest::SetUp();
        if (IsSkipped()) return;
        job_ = stored(direct_job());
        auto options = database().session_options();
        const auto port = options.url.libpq.find("port");
        if (options.url.libpq["host"] != "127.0.0.1" && options.url.libpq["host"] != "localhost")
            GTEST_SKIP() << "the relay leads to 127.0.0.1 only";
        proxy_ = std::make_unique<test::CuttingProxy>(
            port == options.url.libpq.end() ? 5432 : static_cast<std::uint16_t>(std::stoi(port->second)));
        options.url.libpq["host"] = "127.0.0.1";
        options.url.libpq["port"] = std::to_string(proxy_->port());
        options.url.libpq["sslmode"] = "disable";
        options.application_name = "baton-cut";
        cut_pool_ = std::make_unique<pg::Pool>(loop().executor(), options, 4, 4);
    }
    void TearDown() override {
        cut_pool_.reset();
        CommittingTest::TearDown();
        proxy_.reset();
    }

    const model::Job& job() const { return job_; }
    test::CuttingProxy& proxy() { return *proxy_; }
    Writer cut_writer() {
        auto one = writer();
        one.pool = cut_pool_.get();
        return one;
    }
    /// Commits `first` in peace, so that sessions are open and ids at hand, then `second` with the cut.
    Outcome commit_with_cut(RunCommit first, RunCommit second, Cut cut) {
        std::vector<Outcome> outcomes(2);
        run(two(loop().executor(), cut_writer(), log(), std::move(first), std::move(second), cut,
                proxy_.get(), &outcomes));
        EXPECT_TRUE(outcomes[0].stored());
        EXPECT_EQ(proxy_->cuts(), 1) << "the cut did not happen: the test shows nothing";
        return outcomes[1];
    }
    RunCommit request_of_log(std::uint32_t block, std::uint8_t task_id) {
        add_broadcast(job(), block);
        auto wanted = suspended_run(job(), task_id);
        wanted.consumed_log = consumed_log(job(), block);
        wanted.request_key = "log:" + std::to_string(block);
        return wanted;
    }

  private:
    static async::Task<void> two(async::Executor executor, Writer writer, Logger log, RunCommit first,
                                 RunCommit second, Cut cut, test::CuttingProxy* proxy,
                                 std::vector<Outcome>* outcomes) {
        RunCommitter committer(executor, writer, log);
        async::TaskGroup serving(executor);
        serving.spawn("committer", committer.run());
        co_await await(&committer, std::move(first), &(*outcomes)[0]);
        proxy->cut(cut);
        co_await await(&committer, std::move(second), &(*outcomes)[1]);
        co_await serving.stop();
    }

    model::Job job_;
    std::unique_ptr<test::CuttingProxy> proxy_;
    std::unique_ptr<pg::Pool> cut_pool_;
};

TEST_F(LostCommits, ACommitWhoseAnswerWasLostCounts) {
    const auto outcome = commit_with_cut(request_of_log(5, 1), request_of_log(6, 2), Cut::before_answer);
    ASSERT_TRUE(outcome.stored()) << "its own commit is no reason to call it done before";
    EXPECT_EQ(count("pipeline_runs"), 2);
    EXPECT_EQ(count("pipeline_runs where id = " + std::to_string(outcome.result->run_id)), 1);
    EXPECT_EQ(count("eth_txes"), 2);
    EXPECT_EQ(count("log_broadcasts where consumed"), 2);
    EXPECT_EQ(lines().with("the answer to a commit was lost").size(), 1U);
}

TEST_F(LostCommits, ACommitThatNeverReachedTheServerIsRepeated) {
    const auto outcome = commit_with_cut(request_of_log(5, 1), request_of_log(6, 2), Cut::before_request);
    ASSERT_TRUE(outcome.stored());
    EXPECT_EQ(count("pipeline_runs"), 2);
    EXPECT_EQ(count("eth_txes"), 2);
    EXPECT_EQ(count("log_broadcasts where consumed"), 2);
}

TEST_F(LostCommits, AResumptionIsWitnessedToo) {
    for (const auto cut : {Cut::before_answer, Cut::before_request}) {
        const auto id = commit(suspended_run(job(), static_cast<std::uint8_t>(10 + count("pipeline_runs"))))
                            .result->run_id;
        auto resumed = completed_run(job());
        resumed.run.id = id;
        resumed.run.task_runs = {finished_task(static_cast<std::uint8_t>(id + 50), "send")};
        std::vector<Outcome> outcomes(1);
        run([](async::Executor executor, Writer used, Logger to, RunCommit one, Cut when,
               test::CuttingProxy* through, Outcome* out) -> async::Task<void> {
            // A session is open and its statements are prepared.
            co_await used.pool->query("select 1", used.deadline());
            RunCommitter committer(executor, used, to);
            async::TaskGroup serving(executor);
            serving.spawn("committer", committer.run());
            through->cut(when);
            co_await await(&committer, std::move(one), out);
            co_await serving.stop();
        }(loop().executor(), cut_writer(), log(), resumed, cut, &proxy(), &outcomes[0]));
        EXPECT_TRUE(outcomes[0].stored());
        EXPECT_EQ(database().value("select state from pipeline_runs where id = " + std::to_string(id)),
                  "completed");
    }
    EXPECT_EQ(proxy().cuts(), 2);
}

/// Waits until `sql` gives a row, and returns its only value.
async::Task<std::string> until_row(pg::Pool* pool, std::string sql) {
    for (;;) {
        const auto rows = co_await pool->query(sql, async::Deadline::after(std::chrono::seconds(10)));
        if (!rows.empty()) co_return std::string(rows[0].str(0));
        co_await async::sleep_for(std::chrono::milliseconds(5));
    }
}

TEST_F(LostCommits, AServerThatStillWorksOnTheLostBatchIsEndedFirst) {
    // The batch hangs in the server on a lock when its connection breaks; the server does not notice that by
    // itself.
    const auto blocker = open();
    std::vector<Outcome> outcomes(2);
    run([](async::Executor executor, Writer used, Logger to, RunCommit first, RunCommit second,
           test::CuttingProxy* through, pg::Pool* other, pg::Connection* blocking,
           std::vector<Outcome>* out) -> async::Task<void> {
        RunCommitter committer(executor, used, to);
        async::TaskGroup serving(executor);
        serving.spawn("committer", committer.run());
        co_await await(&committer, std::move(first), &(*out)[0]);
        const auto patience = async::Deadline::after(std::chrono::seconds(20));
        co_await blocking->query("begin", patience);
        co_await blocking->query("lock table eth_txes in share mode", patience);
        through->cut(Cut::after_request);
        async::TaskGroup waiting(executor);
        waiting.spawn("commit", await(&committer, std::move(second), &(*out)[1]));
        // The first backend hangs, is ended, and the repetition hangs on the same lock: a different process.
        const std::string hangs =
            "select pid::text from pg_stat_activity where datname = current_database() and "
            "wait_event_type = 'Lock'";
        const auto first_pid = co_await until_row(other, hangs);
        co_await until_row(other, hangs + " and pid <> " + first_pid);
        co_await until_row(
            other,
            "select 'gone' where not exists (select from pg_stat_activity where pid = " + first_pid + ")");
        co_await blocking->query("commit", patience);
        co_await waiting.join();
        co_await serving.stop();
    }(loop().executor(), cut_writer(), log(), request_of_log(5, 1), request_of_log(6, 2), &proxy(), &pool(),
                                      blocker.get(), &outcomes));
    EXPECT_TRUE(outcomes[1].stored());
    EXPECT_EQ(count("pipeline_runs"), 2);
    EXPECT_EQ(count("eth_txes"), 2);
}

TEST_F(LostCommits, ADatabaseThatIsGoneForAMomentEndsOnlyTheCommitsThatWait) {
    // The session is lost while ids are fetched, long before any COMMIT.
    std::vector<Outcome> outcomes(2);
    std::exception_ptr ended;
    run([](async::Executor executor, Writer used, Logger to, RunCommit first, RunCommit second,
           test::CuttingProxy* through, std::vector<Outcome>* out,
           std::exception_ptr* end) -> async::Task<void> {
        co_await used.pool->query("select 1", used.deadline());
        RunCommitter committer(executor, used, to);
        async::TaskGroup serving(executor,
                                 [end](const std::string&, std::exception_ptr error) { *end = error; });
        serving.spawn("committer", committer.run());
        through->cut(Cut::before_request);
        co_await await(&committer, std::move(first), &(*out)[0]);
        co_await await(&committer, std::move(second), &(*out)[1]);
        co_await serving.stop();
    }(loop().executor(), cut_writer(), log(), completed_run(job(), 1), completed_run(job(), 2), &proxy(),
                                    &outcomes, &ended));
    EXPECT_FALSE(ended) << "a lost session is no lost leadership";
    EXPECT_TRUE(outcomes[0].failed_with<pg::DatabaseError>());
    EXPECT_TRUE(outcomes[1].stored());
    EXPECT_EQ(count("pipeline_runs"), 1);
}

}  // namespace
}  // namespace baton::store
