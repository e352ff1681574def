// The fence, and each way of getting it wrong that leadership.md sections 3 and 4 name: every test shows
// first that the wrong way commits under a stale epoch, and then that the product's way is refused in the
// same interleaving.

#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/lease_testing.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/lease/takeover.hpp"
#include "baton/lease/token_lock.hpp"
#include "baton/pg/transaction.hpp"

#include <gtest/gtest.h>

#include <libpq-fe.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;

pg::Statement plain(std::string sql) {
    pg::Statement statement;
    statement.sql = std::move(sql);
    return statement;
}

/// A database with the own schema, a table of work, and an epoch that "a" leads. The locks are those of mode
/// none unless a test adds some.
class Fence : public LeaseTest {
  protected:
    void SetUp() override {
        LeaseTest::SetUp();
        if (IsSkipped()) return;
        names_ = own_schema_for("public");
        writer_ = open();
        run(pg::migrate_own_schema(*writer_, names_, soon()));
        database().run(
            "create table work (by_epoch bigint, what text); "
            "create table lease_lock (client_id uuid not null, expires_at timestamptz not null)");
        first_ = lead("a");
    }
    void TearDown() override {
        if (taker_) taker_->close();
        writer_.reset();
        LeaseTest::TearDown();
    }

    /// Somebody takes over by the product's way. Whoever led before has lost the watch lock by then.
    Grant lead(const std::string& name) {
        if (taker_) taker_->close();
        taker_ = std::make_unique<LockSession>(loop().executor(), "watch");
        run(taker_->open(database().session_options(), {10s, 2s}, soon()));
        const auto key = AdvisoryKey::of(watch_class, names_.fence_key);
        while (!run(wait_for_lock(*taker_, key, 1s, 10s)).granted) {
        }
        return run(take_over(*taker_, names_, request(name), Uuid::random(Random::system()), Clock::system(),
                             Logger(), patience()));
    }
    static TakeoverRequest request(const std::string& name) {
        TakeoverRequest wanted;
        wanted.client_id = Uuid::random(Random::system());
        wanted.name = name;
        wanted.reason = "test";
        wanted.granted_at = BootClock::now();
        return wanted;
    }

    pg::Statement check(const Grant& grant) const { return check(grant, grant.fence.statement); }
    pg::Statement open_fence(const Grant& grant) const { return check(grant, grant.fence.opening_statement); }
    /// The same with another statement in the fence's place; $1 epoch, $2 token.
    static pg::Statement check(const Grant& grant, const std::string& sql) {
        pg::Statement statement;
        statement.sql = sql;
        statement.params.add(grant.fence.epoch).add(grant.fence.token);
        return statement;
    }
    static pg::Statement begin() { return plain("begin isolation level read committed"); }
    static pg::Statement write(const std::string& what) {
        return plain("insert into work values (1, '" + what + "')");
    }
    static pg::Statement commit() { return plain("commit"); }
    /// A place in a pipeline where it stops until open_gate().
    static pg::Statement gate() { return plain("select pg_advisory_lock(4711)"); }
    void close_gate() {
        gate_ = open();
        run(gate_->query("select pg_advisory_lock(4711)", soon()));
    }
    void open_gate() { run(gate_->query("select pg_advisory_unlock(4711)", soon())); }
    bool somebody_waits_for_a_lock() {
        return becomes("select count(*) from pg_locks where not granted and locktype = 'advisory'", "1");
    }

    /// Writes on a session of its own; a takeover that commits in the middle decides what comes out.
    class Writing {
      public:
        Writing(async::Loop& loop, pg::Connection& session, std::vector<pg::Statement> statements)
            : loop_(loop), tasks_(loop.executor()) {
            tasks_.spawn("write", attempt(&session, std::move(statements), &error_));
            loop_.poll();
        }
        ~Writing() {
            if (tasks_.size() > 0) loop_.run_until_done(tasks_.stop());
        }
        /// True when all of it went through; throws what it threw otherwise.
        bool went_through() {
            loop_.run_until_done(tasks_.join());
            if (error_) std::rethrow_exception(error_);
            return true;
        }

      private:
        static async::Task<void> attempt(pg::Connection* session, std::vector<pg::Statement> statements,
                                         std::exception_ptr* error) {
            try {
                co_await session->pipeline(std::move(statements), patience());
            } catch (...) {
                *error = std::current_exception();
            }
        }
        async::Loop& loop_;
        async::TaskGroup tasks_;
        std::exception_ptr error_;
    };

    /// A takeover whose commit is still to come: it holds the fence lock, and the writer queues behind it.
    void write_into_a_takeover(std::vector<pg::Statement> statements, bool* committed) {
        auto taker = open();
        run(taker->execute_script(
            "begin isolation level read committed; select pg_advisory_xact_lock(" +
                std::to_string(names_.fence_class) + ", " + std::to_string(names_.fence_key) +
                "); update baton.leadership set epoch = epoch + 1, token = gen_random_uuid()",
            soon()));
        auto session = open();
        if (!session_setup_.empty()) run(session->execute_script(session_setup_, soon()));
        Writing writing(loop(), *session, std::move(statements));
        ASSERT_TRUE(somebody_waits_for_a_lock()) << "the writer has to queue behind the takeover";
        run(taker->query("commit", soon()));
        *committed = false;
        try {
            *committed = writing.went_through();
        } catch (const pg::FenceRefused&) {
        } catch (const pg::StatementFailed& error) {
            ASSERT_EQ(error.sqlstate(), "22012")
                << error.what();  // the wrong ways refuse by dividing by zero
        }
    }
    bool commits_into_a_takeover(std::vector<pg::Statement> statements) {
        bool committed = false;
        write_into_a_takeover(std::move(statements), &committed);
        return committed;
    }
    /// What fence_3 does, but written in another way; passes by giving a row, refuses by a division by zero.
    bool wrong_way_commits(const std::string& sql) {
        const Grant now = lead("a");
        return commits_into_a_takeover({begin(), check(now, sql), write("stale"), commit()});
    }
    bool product_way_commits() {
        const Grant now = lead("a");
        return commits_into_a_takeover({begin(), open_fence(now), write("product"), check(now), commit()});
    }
    std::string lock_shared() const {
        return "pg_advisory_xact_lock_shared(" + std::to_string(names_.fence_class) + ", " +
               std::to_string(names_.fence_key) + ")";
    }
    std::string written(const std::string& what) {
        return database().value("select count(*) from work where what = '" + what + "'");
    }
    pg::Pool pool(std::vector<std::pair<std::string, std::string>> settings = {}) {
        auto options = database().session_options();
        options.settings = std::move(settings);
        return pg::Pool(loop().executor(), options, 4, 4);
    }

    static async::Task<void> batch_on(pg::Pool* sessions, pg::Fence fence,
                                      std::vector<pg::Statement> statements) {
        co_await pg::FencedTransaction::run_batch(*sessions, std::move(fence), std::move(statements),
                                                  patience());
    }

    pg::OwnSchema names_;
    std::unique_ptr<pg::Connection> writer_;
    std::unique_ptr<pg::Connection> gate_;
    std::unique_ptr<LockSession> taker_;
    Grant first_;
    std::string session_setup_;
};

constexpr const char* current =
    "exists (select from baton.leadership where epoch = $1::bigint and token = $2::uuid)";

TEST_F(Fence, LetsTheLeaderWriteAndNobodyElse) {
    auto sessions = pool();
    std::vector<pg::Statement> batch{write("first")};
    run(pg::FencedTransaction::run_batch(sessions, first_.fence, batch, patience()));
    EXPECT_EQ(written("first"), "1");
    const Grant second = lead("b");
    EXPECT_EQ(second.fence.epoch, first_.fence.epoch + 1);
    std::vector<pg::Statement> late{write("late")};
    EXPECT_THROW(run(pg::FencedTransaction::run_batch(sessions, first_.fence, late, patience())),
                 pg::FenceRefused);
    EXPECT_EQ(written("late"), "0");
    std::vector<pg::Statement> next{write("next")};
    run(pg::FencedTransaction::run_batch(sessions, second.fence, next, patience()));
    EXPECT_EQ(written("next"), "1");
}

TEST_F(Fence, LockAndComparisonInOneStatement) {
    // The statement's snapshot is older than the lock for which it waits.
    EXPECT_TRUE(wrong_way_commits("select " + lock_shared() + ", 1 / (" + current + ")::int"));
    EXPECT_EQ(written("stale"), "1");
    EXPECT_FALSE(product_way_commits());
    EXPECT_EQ(written("product"), "0");
}

TEST_F(Fence, EachOneSeesTheTakeoverThatItWaitedFor) {
    // Alone: where a transaction has two, one would make up for the other.
    for (const std::string name : {"opening_fence_1", "fence_1", "fence_2", "fence_3"}) {
        const Grant now = lead("a");
        EXPECT_FALSE(commits_into_a_takeover(
            {begin(), check(now, "select baton." + name + "($1::bigint, $2::uuid)"), write(name), commit()}));
        EXPECT_EQ(written(name), "0") << name;
    }
}

TEST_F(Fence, MaterializedCte) {
    EXPECT_TRUE(wrong_way_commits("with locked as materialized (select " + lock_shared() +
                                  "::text as done) "
                                  "select 1 / (select count(*) from locked, baton.leadership "
                                  "where epoch = $1::bigint and token = $2::uuid)"));
    EXPECT_EQ(written("stale"), "1");
    EXPECT_FALSE(product_way_commits());
}

TEST_F(Fence, StableFunction) {
    // The very body of the fence; a stable function sees what its caller's statement sees.
    const std::string body = database().value("select pg_get_functiondef('baton.fence_3'::regproc)");
    std::string stable = body;
    stable.replace(stable.find("baton.fence_3"), 13, "baton.fence_stable");
    stable.replace(stable.find("LANGUAGE plpgsql"), 16, "LANGUAGE plpgsql STABLE");
    database().run(stable);
    EXPECT_TRUE(wrong_way_commits("select baton.fence_stable($1::bigint, $2::uuid)"));
    EXPECT_EQ(written("stale"), "1");
    EXPECT_FALSE(product_way_commits());
}

TEST_F(Fence, RepeatableReadAsTheRolesDefault) {
    // The body without its look at the isolation level.
    std::string unaware = database().value("select pg_get_functiondef('baton.fence_3'::regproc)");
    unaware.replace(unaware.find("baton.fence_3"), 13, "baton.fence_unaware");
    unaware.replace(unaware.find("<> 'read committed'"), 19, "= 'read uncommitted'");
    database().run(unaware);
    session_setup_ = "set default_transaction_isolation to 'repeatable read'";
    const Grant now = lead("a");
    EXPECT_TRUE(commits_into_a_takeover({plain("begin"),
                                         check(now, "select baton.fence_unaware($1::bigint, $2::uuid)"),
                                         write("stale"), commit()}));
    EXPECT_EQ(written("stale"), "1");
    // The product names the level; and where that is forgotten the fence refuses to judge.
    EXPECT_FALSE(product_way_commits());
    const Grant again = lead("a");
    auto session = open();
    run(session->execute_script(session_setup_, soon()));
    for (const auto& fence : {open_fence(again), check(again)}) {
        std::vector<pg::Statement> forgotten{plain("begin"), fence};
        EXPECT_THROW(run(session->pipeline(forgotten, soon())), pg::FenceRefused);
        run(session->query("rollback", soon()));
    }
    auto sessions = pool({{"default_transaction_isolation", "repeatable read"}});
    std::vector<pg::Statement> batch{write("named")};
    run(pg::FencedTransaction::run_batch(sessions, again.fence, batch, patience()));
    EXPECT_EQ(written("named"), "1");
}

TEST_F(Fence, InsertWhereEpoch) {
    // Right when it runs, and nothing keeps the takeover from committing before it does.
    const Grant now = lead("a");
    run(writer_->execute_script("begin isolation level read committed", soon()));
    pg::Params epoch;
    epoch.add(now.fence.epoch);
    run(writer_->query("insert into work select 1, 'stale' from baton.leadership where epoch = $1::bigint",
                       epoch, soon()));
    lead("b");
    run(writer_->query("commit", soon()));
    EXPECT_EQ(written("stale"), "1");

    const Grant again = lead("a");
    auto session = open();
    std::vector<pg::Statement> fenced{begin(), check(again), write("product")};
    run(session->pipeline(fenced, soon()));
    lead("b");
    EXPECT_THROW(run(session->query("commit", soon())), pg::ConnectionLost)
        << "the takeover ends whoever holds the fence lock";
    EXPECT_EQ(written("product"), "0");
}

TEST_F(Fence, ComparisonInTheClient) {
    // By the time that the client sees another epoch, the COMMIT behind it has been done.
    const Grant now = lead("a");
    EXPECT_TRUE(commits_into_a_takeover({begin(), plain("select " + lock_shared()),
                                         plain("select epoch, token from baton.leadership"), write("stale"),
                                         commit()}));
    EXPECT_EQ(written("stale"), "1");
    EXPECT_NE(database().value("select epoch from baton.leadership"), std::to_string(now.fence.epoch));
    EXPECT_FALSE(product_way_commits());
}

TEST_F(Fence, SecondSegmentOfAPipeline) {
    // A segment of its own: the refusal of the first one skips no further than to its Sync.
    lead("b");
    const auto send_in_two = [&](const std::string& what) {
        PGconn* session = PQconnectdb(database().url().c_str());
        ASSERT_EQ(PQstatus(session), CONNECTION_OK);
        PQenterPipelineMode(session);
        const std::string fence = "select baton.fence_1(" + std::to_string(first_.fence.epoch) + ", '" +
                                  first_.fence.token.to_string() + "')";
        PQsendQueryParams(session, fence.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0);
        PQpipelineSync(session);
        PQsendQueryParams(session, ("insert into work values (1, '" + what + "')").c_str(), 0, nullptr,
                          nullptr, nullptr, nullptr, 0);
        PQpipelineSync(session);
        for (int syncs = 0; syncs < 2;) {
            PGresult* result = PQgetResult(session);
            if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) ++syncs;
            PQclear(result);
        }
        PQfinish(session);
    };
    send_in_two("stale");
    EXPECT_EQ(written("stale"), "1");
    auto sessions = pool();
    std::vector<pg::Statement> batch{write("product")};
    EXPECT_THROW(run(pg::FencedTransaction::run_batch(sessions, first_.fence, batch, patience())),
                 pg::FenceRefused);
    EXPECT_EQ(written("product"), "0");
}

TEST_F(Fence, SomethingAfterCommitBeforeTheSameSync) {
    close_gate();
    const Grant now = lead("a");
    {
        auto session = open();
        Writing writing(
            loop(), *session,
            {begin(), check(now), write("in time"), check(now), commit(), gate(), write("stale")});
        ASSERT_TRUE(somebody_waits_for_a_lock());
        lead("b");
        open_gate();
        EXPECT_TRUE(writing.went_through());
    }
    EXPECT_EQ(written("stale"), "1") << "the fence lock went with the COMMIT";

    close_gate();
    const Grant again = lead("a");
    auto sessions = pool();
    std::exception_ptr error;
    async::TaskGroup tasks(loop().executor(),
                           [&](const std::string&, std::exception_ptr thrown) { error = thrown; });
    tasks.spawn("batch", batch_on(&sessions, again.fence, {write("product"), gate()}));
    ASSERT_TRUE(somebody_waits_for_a_lock());
    lead("b");
    open_gate();
    run(tasks.join());
    EXPECT_TRUE(error) << "everything is before the COMMIT, so the takeover had to end it";
    EXPECT_EQ(written("product"), "0");
}

TEST_F(Fence, NoSecondCheckOfASessionThatFreezesInTheMiddle) {
    // A v1 takes the lease meanwhile: it asks for no fence lock and raises no epoch.
    const std::string baton = Uuid::random(Random::system()).to_string();
    const auto own_lease = "delete from lease_lock; insert into lease_lock values ('" + baton +
                           "', now() + interval '1 minute'); "
                           "update baton.leadership set lease_client_id = '" +
                           baton + "'";
    const auto v1_takes_it = "update lease_lock set client_id = gen_random_uuid()";
    const Grant now = lead("a");

    database().run(own_lease);
    close_gate();
    {
        auto session = open();
        Writing writing(loop(), *session, {begin(), open_fence(now), write("stale"), gate(), commit()});
        ASSERT_TRUE(somebody_waits_for_a_lock());
        database().run(v1_takes_it);
        open_gate();
        EXPECT_TRUE(writing.went_through());
    }
    EXPECT_EQ(written("stale"), "1");

    database().run(own_lease);
    close_gate();
    auto sessions = pool();
    std::exception_ptr error;
    async::TaskGroup tasks(loop().executor(),
                           [&](const std::string&, std::exception_ptr thrown) { error = thrown; });
    tasks.spawn("batch", batch_on(&sessions, now.fence, {write("product"), gate()}));
    ASSERT_TRUE(somebody_waits_for_a_lock());
    database().run(v1_takes_it);
    open_gate();
    run(tasks.join());
    ASSERT_TRUE(error);
    EXPECT_THROW(std::rethrow_exception(error), pg::FenceRefused);
    EXPECT_EQ(written("product"), "0");
}

TEST_F(Fence, TheOpeningOneComparesEpochAndTokenAndTheClosingOneDecides) {
    const Grant now = lead("a");
    const auto passes = [&](const Grant& grant) {
        auto session = open();
        std::vector<pg::Statement> opening{begin(), open_fence(grant)};
        try {
            run(session->pipeline(opening, soon()));
        } catch (const pg::FenceRefused&) {
            return false;
        }
        return true;
    };
    EXPECT_TRUE(passes(now));
    Grant other_epoch = now;
    --other_epoch.fence.epoch;
    EXPECT_FALSE(passes(other_epoch));
    Grant other_token = now;
    other_token.fence.token = Uuid::random(Random::system());
    EXPECT_FALSE(passes(other_token));

    // A v1 has the lease: the transaction begins, and cannot commit.
    database().run(
        "update baton.leadership set lease_client_id = client_id; "
        "insert into lease_lock values (gen_random_uuid(), now() + interval '1 minute')");
    EXPECT_TRUE(passes(now));
    auto sessions = pool();
    std::vector<pg::Statement> batch{write("product")};
    EXPECT_THROW(run(pg::FencedTransaction::run_batch(sessions, now.fence, batch, patience())),
                 pg::FenceRefused);
    auto transaction = run(pg::FencedTransaction::begin(sessions, now.fence, patience()));
    run(transaction.query("insert into work values (1, 'product')", {}, patience()));
    EXPECT_THROW(run(transaction.commit(patience())), pg::FenceRefused);
    run(transaction.roll_back(patience()));
    EXPECT_EQ(written("product"), "0");

    database().run("delete from baton.leadership");
    EXPECT_FALSE(passes(now)) << "nobody leads";
}

TEST_F(Fence, EpochRaisedOnAnotherSessionThanTheWatchLocks) {
    // "stale" held the watch lock, was terminated, and does not know it yet: "b" holds the lock now. On a
    // session of a pool nothing stops it.
    lead("b");
    const auto before = database().value("select epoch from baton.leadership");
    run(writer_->query(
        "update baton.leadership set epoch = epoch + 1, token = gen_random_uuid(), instance = 'stale'",
        soon()));
    EXPECT_EQ(database().value("select instance from baton.leadership"), "stale");

    const Grant b = lead("b");
    LockSession stale(loop().executor(), "watch");
    run(stale.open(database().session_options(), {10s, 2s}, soon()));
    EXPECT_THROW(run(take_over(stale, names_, request("stale"), Uuid::random(Random::system()),
                               Clock::system(), Logger(), patience())),
                 pg::FenceRefused);
    database().run("select pg_terminate_backend(" + std::to_string(stale.backend().pid) + ")");
    EXPECT_THROW(run(take_over(stale, names_, request("stale"), Uuid::random(Random::system()),
                               Clock::system(), Logger(), patience())),
                 pg::ConnectionLost);
    EXPECT_EQ(database().value("select epoch from baton.leadership"), std::to_string(b.fence.epoch));
    EXPECT_NE(before, std::to_string(b.fence.epoch));
}

TEST_F(Fence, SameEpochNumberWithAnotherToken) {
    // An asynchronous replica was promoted, or a dump restored: the number comes a second time.
    const Grant now = lead("a");
    database().run("update baton.leadership set token = gen_random_uuid(), instance = 'after the restore'");
    std::vector<pg::Statement> by_number{
        begin(),
        plain("select 1 / (select count(*) from baton.leadership where epoch = " +
              std::to_string(now.fence.epoch) + ")"),
        write("stale"), commit()};
    run(writer_->pipeline(by_number, soon()));
    EXPECT_EQ(written("stale"), "1");
    auto sessions = pool();
    std::vector<pg::Statement> batch{write("product")};
    EXPECT_THROW(run(pg::FencedTransaction::run_batch(sessions, now.fence, batch, patience())),
                 pg::FenceRefused);
    EXPECT_EQ(written("product"), "0");
}

TEST_F(Fence, TheAdvisoryLockOfThisInstanceAndNoOtherSession) {
    LockSession lock(loop().executor(), "advisory lock");
    run(lock.open(database().session_options(), {10s, 2s}, soon()));
    const auto advisory = AdvisoryKey::of(1027321974924625846);
    run(lock.query("select pg_advisory_lock(1027321974924625846)", 10s));
    auto statement = lock_token(advisory, first_.fence.token);
    require_token_lock(run(lock.query(statement.sql, statement.params, 10s)));
    database().run("update baton.leadership set advisory_key = 1027321974924625846, advisory_pid = " +
                   std::to_string(lock.backend().pid) + ", advisory_backend_start = '" +
                   lock.backend().started + "'");
    auto session = open();
    std::vector<pg::Statement> checks{begin(), check(first_), plain("rollback")};
    EXPECT_NO_THROW(run(session->pipeline(checks, soon())));

    // The same process number, given to somebody else since.
    database().run(
        "update baton.leadership set advisory_backend_start = advisory_backend_start - interval '1 "
        "microsecond'");
    std::vector<pg::Statement> heartbeat{begin(),
                                         check(first_, "select baton.fence_1($1::bigint, $2::uuid)")};
    EXPECT_THROW(run(session->pipeline(heartbeat, soon())), pg::FenceRefused);
    run(session->query("rollback", soon()));
    database().run(
        "update baton.leadership set advisory_backend_start = advisory_backend_start + interval '1 "
        "microsecond'");
    EXPECT_NO_THROW(run(session->pipeline(checks, soon())));

    // The lock is somebody else's.
    std::vector<pg::Statement> again{begin(), check(first_)};
    run(unlock_with_token(lock, advisory, first_.fence.token, 10s));
    run(writer_->query("select pg_advisory_lock(1027321974924625846)", soon()));
    EXPECT_THROW(run(session->pipeline(again, soon())), pg::FenceRefused);
}

TEST_F(Fence, ALeaseThatBelongsToAnotherNode) {
    database().run(
        "update baton.leadership set lease_client_id = client_id; "
        "insert into lease_lock select client_id, now() - interval '1 hour' from baton.leadership");
    std::vector<pg::Statement> checks{begin(), check(first_), plain("rollback")};
    EXPECT_NO_THROW(run(writer_->pipeline(checks, soon()))) << "a row that ran out and is still ours is ours";
    database().run("update lease_lock set client_id = gen_random_uuid()");
    EXPECT_THROW(run(writer_->pipeline(checks, soon())), pg::FenceRefused);
}

TEST_F(Fence, WritesNothing) {
    const auto before = database().value("select xmin::text || ctid::text from baton.leadership");
    std::vector<pg::Statement> checks{begin(), open_fence(first_), check(first_),
                                      plain("select pg_current_xact_id_if_assigned()"), commit()};
    const auto answers = run(writer_->pipeline(checks, soon()));
    EXPECT_TRUE(answers[3][0].is_null(0)) << "no transaction id, no commit record";
    EXPECT_EQ(database().value("select xmin::text || ctid::text from baton.leadership"), before);
}

TEST_F(Fence, ATakeoverWithoutItsLocksIsRefused) {
    auto wanted = request("c");
    wanted.with_lease = true;
    const auto attempt = [&] {
        run(take_over(*taker_, names_, wanted, Uuid::random(Random::system()), Clock::system(), Logger(),
                      patience()));
    };
    EXPECT_THROW(attempt(), pg::FenceRefused) << "the lease is nobody's";
    wanted.with_lease = false;
    wanted.advisory_key = 1027321974924625846;
    wanted.advisory_backend = taker_->backend();
    EXPECT_THROW(attempt(), pg::FenceRefused) << "the advisory lock is not held";
    EXPECT_EQ(database().value("select epoch from baton.leadership"), std::to_string(first_.fence.epoch));
}

TEST_F(Fence, AnEpochIsNotGivenTwiceWhenTheRowIsGone) {
    const Grant now = lead("a");
    database().run("delete from baton.leadership");
    std::vector<pg::Statement> checks{begin(), check(now)};
    EXPECT_THROW(run(writer_->pipeline(checks, soon())), pg::FenceRefused) << "nobody leads";
    run(writer_->query("rollback", soon()));
    EXPECT_EQ(lead("b").fence.epoch, now.fence.epoch + 1);
}

}  // namespace

}  // namespace baton::lease
