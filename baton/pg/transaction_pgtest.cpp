#include "baton/pg/transaction.hpp"

#include "baton/async/group.hpp"
#include "testing/database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace baton::pg {
namespace {

using namespace std::chrono_literals;

Statement insert(int n) {
    Statement statement;
    statement.sql = "insert into t values ($1) returning n";
    statement.params.add(n);
    return statement;
}

std::vector<Statement> inserts(std::vector<int> numbers) {
    std::vector<Statement> statements;
    for (const int n : numbers) {
        statements.push_back(insert(n));
    }
    return statements;
}

/// A stand-in for the fence of db/baton: refuses when the epoch in table `leader` is another one.
class TransactionTest : public test::DatabaseTest {
  protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (IsSkipped()) return;
        database().run(R"(
            create table t (n int constraint t_key primary key);
            create table leader (epoch bigint, checks int);
            insert into leader values (7, 0);
            create sequence checks;
            create function fence(wanted bigint, token uuid) returns void language plpgsql volatile as $$
            begin
                perform nextval('checks');
                if (select epoch from leader) <> wanted then
                    raise exception 'led by another' using errcode = 'BT001';
                end if;
            end $$)");
        pool_.emplace(loop().executor(), database().session_options(), 2, 2);
        fence_.epoch = 7;
        fence_.statement = "select fence($1, $2)";
        fence_.opening_statement = fence_.statement;
    }
    void TearDown() override { pool_.reset(); }

    FencedTransaction begin() { return run(FencedTransaction::begin(*pool_, fence_, soon())); }
    std::string count() { return database().value("select count(*) from t"); }
    std::string checks() { return database().value("select last_value from checks"); }
    int only_pid() { return run(pool_->acquire(soon()))->backend_pid(); }

    std::optional<Pool> pool_;
    Fence fence_;
};

TEST_F(TransactionTest, CommitsWithTheFenceAtBothEnds) {
    {
        auto transaction = begin();
        run(transaction.query("insert into t values (1)", {}, soon()));
        EXPECT_EQ(count(), "0");
        run(transaction.commit(soon()));
    }
    EXPECT_EQ(count(), "1");
    EXPECT_EQ(checks(), "2");
    EXPECT_EQ(pool_->stats().open, 1) << "the session is kept";
}

TEST_F(TransactionTest, RefusesToBeginUnderAnotherEpoch) {
    fence_.epoch = 6;
    EXPECT_THROW(begin(), FenceRefused);
    EXPECT_THROW(run(FencedTransaction::run_batch(*pool_, fence_, inserts({1}), soon())), FenceRefused);
    EXPECT_EQ(count(), "0");
    EXPECT_EQ(pool_->stats().open, 1) << "a refusal costs no session";
}

TEST_F(TransactionTest, RefusesToCommitAfterATakeover) {
    auto transaction = begin();
    run(transaction.pipeline(inserts({1, 2}), soon()));
    database().run("update leader set epoch = 8");
    EXPECT_THROW(run(transaction.commit(soon())), FenceRefused);
    EXPECT_EQ(count(), "0");
}

TEST_F(TransactionTest, ABatchCannotOutliveATakeoverInItsMiddle) {
    auto statements = inserts({1});
    statements.emplace_back();
    statements.back().sql = "update leader set epoch = 8";
    EXPECT_THROW(run(FencedTransaction::run_batch(*pool_, fence_, std::move(statements), soon())),
                 FenceRefused);
    EXPECT_EQ(count(), "0");
    EXPECT_EQ(database().value("select epoch from leader"), "7");
}

TEST_F(TransactionTest, ABatchGivesTheResultsOfItsOwnStatements) {
    const auto results = run(FencedTransaction::run_batch(*pool_, fence_, inserts({4, 5}), soon()));
    ASSERT_EQ(results.size(), 2u);
    EXPECT_EQ(results[0][0].int32(0), 4);
    EXPECT_EQ(results[1][0].int32(0), 5);
    EXPECT_EQ(count(), "2");
    EXPECT_EQ(checks(), "2");
}

TEST_F(TransactionTest, ABatchWithOnePoisonedStatementDoesNotHappen) {
    const int pid = only_pid();
    EXPECT_THROW(run(FencedTransaction::run_batch(*pool_, fence_, inserts({1, 2, 1}), soon())),
                 UniqueViolation);
    EXPECT_EQ(count(), "0");
    EXPECT_EQ(only_pid(), pid) << "the session was rolled back, not dropped";
}

TEST_F(TransactionTest, AbandonedMeansRolledBack) {
    {
        auto transaction = begin();
        run(transaction.query("insert into t values (1)", {}, soon()));
    }
    EXPECT_EQ(pool_->stats().open, 0);
    // The other session blocks until the abandoned one is gone.
    run(FencedTransaction::run_batch(*pool_, fence_, inserts({1}), soon()));
    EXPECT_EQ(count(), "1");
}

async::Task<void> write_one(FencedTransaction* transaction, int n) {
    std::vector<Statement> statements = inserts({n});
    co_await transaction->pipeline(std::move(statements), async::Deadline::after(20s));
}

async::Task<void> write_and_fail(FencedTransaction* transaction) {
    co_await write_one(transaction, 1);
    throw NotFound("something else");
}

TEST_F(TransactionTest, RunCommitsOrRollsBackAsItsBodyEnds) {
    run(FencedTransaction::run(*pool_, fence_, soon(),
                               [](FencedTransaction& t) { return write_one(&t, 2); }));
    EXPECT_EQ(count(), "1");
    EXPECT_THROW(run(FencedTransaction::run(*pool_, fence_, soon(),
                                            [](FencedTransaction& t) { return write_and_fail(&t); })),
                 NotFound);
    EXPECT_EQ(count(), "1");
    EXPECT_EQ(pool_->stats().open, 1);
}

async::Task<void> swallow_a_failure(FencedTransaction* transaction) {
    co_await write_one(transaction, 1);
    try {
        co_await write_one(transaction, 1);
    } catch (const UniqueViolation&) {
    }
}

TEST_F(TransactionTest, AFailedStatementThatWasSwallowedDoesNotPassForACommit) {
    EXPECT_THROW(run(FencedTransaction::run(*pool_, fence_, soon(),
                                            [](FencedTransaction& t) { return swallow_a_failure(&t); })),
                 StatementFailed);
    EXPECT_EQ(count(), "0");
}

TEST_F(TransactionTest, IsReadCommittedWhateverTheRolesDefaultIs) {
    auto options = database().session_options();
    options.settings = {{"default_transaction_isolation", "serializable"}};
    Pool strict(loop().executor(), options, 1, 1);
    auto transaction = run(FencedTransaction::begin(strict, fence_, soon()));
    EXPECT_EQ(run(transaction.query("show transaction_isolation", {}, soon()))[0].text(0), "read committed");
}

TEST_F(TransactionTest, ASessionEndedBeforeItsCommitLeavesTheOutcomeOpen) {
    auto transaction = begin();
    const int pid = run(transaction.query("select pg_backend_pid()", {}, soon()))[0].int32(0);
    database().run("select pg_terminate_backend(" + std::to_string(pid) + ", 10000)");
    try {
        run(transaction.commit(soon()));
        FAIL() << "the session is gone";
    } catch (const CommitUnknown& error) {
        EXPECT_EQ(error.backend_pid(), pid);
    }
}

TEST_F(TransactionTest, ALostSessionThatIsKnownBeforeCommitIsPlainlyLost) {
    auto transaction = begin();
    EXPECT_THROW(run(transaction.query("select pg_sleep(60)", {}, async::Deadline::after(5ms))),
                 QueryTimedOut);
    try {
        run(transaction.commit(soon()));
        FAIL() << "the session is closed";
    } catch (const CommitUnknown&) {
        FAIL() << "no COMMIT was sent";
    } catch (const ConnectionLost&) {
    }
}

/// A COMMIT that takes 200 ms.
constexpr const char* slow_commit = R"(
    create function wait_a_little() returns trigger language plpgsql as $$
    begin
        perform pg_sleep(0.2);
        return null;
    end $$;
    create constraint trigger slow after insert on t deferrable initially deferred for each row
        execute function wait_a_little())";

TEST_F(TransactionTest, ADeadlineDuringCommitLeavesTheOutcomeOpenAndItMayHappen) {
    database().run(slow_commit);
    int pid = 0;
    try {
        run(FencedTransaction::run_batch(*pool_, fence_, inserts({1}), async::Deadline::after(100ms)));
        FAIL() << "the deadline comes before the answer";
    } catch (const CommitUnknown& error) {
        pid = error.backend_pid();
    }
    // Seen gone, then asked: here the server had gone on and committed. Waits up to 10 s for the end, does
    // not cause it.
    database().run(
        "do $$ begin for i in 1..1000 loop exit when not exists (select from pg_stat_activity where pid = " +
        std::to_string(pid) +
        "); perform pg_sleep(0.01); perform pg_stat_clear_snapshot(); end loop; end $$");
    EXPECT_EQ(count(), "1");
}

async::Task<void> commit_batch(Pool* pool, Fence fence) {
    std::vector<Statement> statements = inserts({1});
    co_await FencedTransaction::run_batch(*pool, std::move(fence), std::move(statements),
                                          async::Deadline::after(20s));
}

TEST_F(TransactionTest, CancellationDuringCommitIsCancellation) {
    database().run(slow_commit);
    run(pool_->warm(1, soon()));
    std::string told;
    async::TaskGroup group(loop().executor(),
                           [&](const std::string&, std::exception_ptr) { told = "an error was told"; });
    group.spawn("commit", commit_batch(&*pool_, fence_));
    loop().poll();
    run(group.stop());
    EXPECT_EQ(told, "");
    EXPECT_EQ(pool_->stats().open, 0);
}

async::Task<void> read_twice(Connection* session, test::TestDatabase* database,
                             std::vector<std::string>* seen) {
    for (int n = 0; n < 2; ++n) {
        const auto rows = co_await session->query("select count(*) from t", async::Deadline::after(20s));
        seen->push_back(rows[0].str(0));
        database->run("insert into t values (" + std::to_string(n) + ")");
    }
}

TEST_F(TransactionTest, ASnapshotShowsOneState) {
    std::vector<std::string> seen;
    run(read_snapshot(*pool_, soon(),
                      [&](Connection& session) { return read_twice(&session, &database(), &seen); }));
    EXPECT_EQ(seen, (std::vector<std::string>{"0", "0"}));
    EXPECT_EQ(count(), "2");
    EXPECT_THROW(run(read_snapshot(*pool_, soon(),
                                   [](Connection& session) -> async::Task<void> {
                                       co_await session.query("insert into t values (9)",
                                                              async::Deadline::never());
                                   })),
                 ReadOnly);
    EXPECT_EQ(pool_->stats().open, 1);
}

}  // namespace
}  // namespace baton::pg
