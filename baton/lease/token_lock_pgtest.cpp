// fence_3 asks a lock for what fence_2 reads in pg_locks. Each way in which a lock could say something else
// (docs/decisions/token-lock.md) has its test; both fences are asked wherever they have to agree.

#include "baton/lease/token_lock.hpp"

#include "baton/lease/lease_testing.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/lease/takeover.hpp"
#include "baton/pg/transaction.hpp"

#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t advisory_id = 1027321974924625846;

class TokenLock : public LeaseTest {
  protected:
    void SetUp() override {
        LeaseTest::SetUp();
        if (IsSkipped()) return;
        names_ = own_schema_for("public");
        writer_ = open();
        run(pg::migrate_own_schema(*writer_, names_, soon()));
        database().run("create table work (what text)");
    }
    void TearDown() override {
        leaders_.clear();
        writer_.reset();
        LeaseTest::TearDown();
    }

    /// One that leads in mode advisorylock, down to its sessions. An older one has no token lock.
    struct Leader {
        explicit Leader(async::Executor executor)
            : watch(executor, "watch"), advisory(executor, "advisory lock") {}
        LockSession watch;
        LockSession advisory;
        Uuid token = Uuid::random(Random::system());
        Grant grant;
    };
    /// REQUIRES: nobody has the locks.
    Leader& lead(bool older = false) {
        leaders_.push_back(std::make_unique<Leader>(loop().executor()));
        Leader& leader = *leaders_.back();
        const auto options = database().session_options();
        run(leader.watch.open(options, {10s, 2s}, soon()));
        run(leader.advisory.open(options, {10s, 2s}, soon()));
        wait_for(leader.watch, AdvisoryKey::of(watch_class, names_.fence_key), {});
        std::vector<pg::Statement> follow_ups;
        if (!older) follow_ups.push_back(lock_token(advisory(), leader.token));
        const auto answers = wait_for(leader.advisory, advisory(), follow_ups);
        if (!older) require_token_lock(answers.back());
        TakeoverRequest request;
        request.client_id = Uuid::random(Random::system());
        request.name = older ? "older" : "newer";
        request.reason = "test";
        request.granted_at = BootClock::now();
        request.advisory_key = advisory_id;
        request.advisory_backend = leader.advisory.backend();
        leader.grant = run(
            take_over(leader.watch, names_, request, leader.token, Clock::system(), Logger(), patience()));
        if (older) leader.grant.fence.statement = fence_2;
        return leader;
    }
    std::vector<pg::Result> wait_for(LockSession& session, const AdvisoryKey& key,
                                     const std::vector<pg::Statement>& follow_ups) {
        const auto until = patience();
        while (!until.passed()) {
            auto wait = run(wait_for_lock(session, key, 1s, 10s, follow_ups));
            if (wait.granted) return std::move(wait.followed);
        }
        throw Error("the lock was not granted");
    }
    /// As the death of its process.
    void kill(Leader& leader) {
        leader.watch.close();
        leader.advisory.close();
    }
    void unlock_orderly(Leader& leader) {
        run(unlock_with_token(leader.advisory, advisory(), leader.token, 10s));
    }
    /// By an administrator, and seen gone.
    void terminate(const LockSession& session) {
        const auto pid = std::to_string(session.backend().pid);
        database().run("select pg_terminate_backend(" + pid + ")");
        ASSERT_TRUE(becomes("select count(*) from pg_locks where pid = " + pid, "0"));
    }

    bool commits(const pg::Fence& fence) {
        pg::Pool pool(loop().executor(), database().session_options(), 1, 1);
        std::vector<pg::Statement> batch{{"insert into work values ('x')", {}}};
        try {
            run(pg::FencedTransaction::run_batch(pool, fence, batch, patience()));
        } catch (const pg::FenceRefused&) {
            return false;
        }
        return true;
    }
    /// Both fences, which have to agree.
    bool may_write(const Leader& leader) {
        auto by_locks = leader.grant.fence;
        by_locks.statement = fence_2;
        const bool allowed = commits(leader.grant.fence);
        EXPECT_EQ(commits(by_locks), allowed) << "fence_2 and fence_3 do not agree";
        return allowed;
    }
    /// The fence alone, in an open transaction of the given session. True when it passed.
    bool passes(pg::Connection& session, const Leader& leader) {
        pg::Params params;
        params.add(leader.grant.fence.epoch).add(leader.grant.fence.token);
        std::vector<pg::Statement> statements;
        statements.push_back({"begin isolation level read committed", {}});
        statements.push_back({leader.grant.fence.statement, std::move(params)});
        try {
            run(session.pipeline(statements, soon()));
        } catch (const pg::FenceRefused&) {
            return false;
        }
        return true;
    }
    static AdvisoryKey advisory() { return AdvisoryKey::of(advisory_id); }
    std::string holders_of(const AdvisoryKey& key) {
        return database().value("select count(*) from pg_locks l where " + key.granted());
    }

    static constexpr const char* fence_2 = "select baton.fence_2($1::bigint, $2::uuid)";
    pg::OwnSchema names_;
    std::unique_ptr<pg::Connection> writer_;
    std::vector<std::unique_ptr<Leader>> leaders_;
};

TEST_F(TokenLock, EndsWithItsSessionHoweverThatEnds) {
    Leader& cut_by_an_administrator = lead();
    EXPECT_TRUE(may_write(cut_by_an_administrator));
    terminate(cut_by_an_administrator.advisory);
    EXPECT_FALSE(may_write(cut_by_an_administrator))
        << "nobody raised the epoch, and a v1.11.0 may have the lock";
    kill(cut_by_an_administrator);

    Leader& killed = lead();
    EXPECT_TRUE(may_write(killed));
    const auto key = token_key(killed.token);
    killed.advisory.close();
    ASSERT_TRUE(becomes("select count(*) from pg_locks l where " + key.granted(), "0"));
    EXPECT_FALSE(may_write(killed));
    kill(killed);

    // What a pooler does with a session that it gets back.
    Leader& reset = lead();
    run(reset.advisory.query("select pg_advisory_unlock_all()", 10s));
    EXPECT_FALSE(may_write(reset));
}

TEST_F(TokenLock, ATransactionThatBeganBeforeTheSessionEndedCannotCommit) {
    Leader& leader = lead();
    pg::Pool pool(loop().executor(), database().session_options(), 1, 1);
    auto transaction = run(pg::FencedTransaction::begin(pool, leader.grant.fence, patience()));
    run(transaction.query("insert into work values ('x')", {}, patience()));
    terminate(leader.advisory);
    EXPECT_THROW(run(transaction.commit(patience())), pg::FenceRefused);
    run(transaction.roll_back(patience()));
    EXPECT_EQ(database().value("select count(*) from work"), "0");
}

TEST_F(TokenLock, IsGivenBackBeforeTheAdvisoryLock) {
    Leader& leader = lead();
    // The server hands the lock on within the statement that gives it back.
    LockSession next(loop().executor(), "next");
    run(next.open(database().session_options(), {10s, 2s}, soon()));
    std::vector<pg::Statement> look{
        {"select count(*) from pg_locks l where " + token_key(leader.token).granted(), {}}};
    LockWait wait;
    async::TaskGroup tasks(loop().executor());
    const auto queue = [](LockSession* session, std::vector<pg::Statement> then,
                          LockWait* out) -> async::Task<void> {
        *out = co_await wait_for_lock(*session, advisory(), 10s, 10s, std::move(then));
    };
    tasks.spawn("queue", queue(&next, look, &wait));
    ASSERT_TRUE(becomes(holders(false, false), "1"));
    unlock_orderly(leader);
    run(tasks.join());
    ASSERT_TRUE(wait.granted);
    EXPECT_EQ(wait.followed.front()[0].int64(0), 0);
    EXPECT_FALSE(may_write(leader));
}

TEST_F(TokenLock, AnEpochWithoutItCannotCommit) {
    Leader& leader = lead();
    run(leader.advisory.query("select pg_advisory_unlock(" + token_key(leader.token).arguments() + ")", 10s));
    EXPECT_FALSE(commits(leader.grant.fence)) << "the advisory lock alone is not seen";
    // After a crash or a failover of the server the row is there, and no lock is.
    kill(leader);
    ASSERT_TRUE(becomes(holders(false), "0"));
    EXPECT_FALSE(may_write(leader));
}

TEST_F(TokenLock, OfAnotherTokenDoesNotCount) {
    Leader& leader = lead();
    terminate(leader.advisory);
    // A standby that is on its way has the locks of v1.11.0 already and no epoch yet.
    LockSession standby(loop().executor(), "standby");
    run(standby.open(database().session_options(), {10s, 2s}, soon()));
    const auto answers =
        wait_for(standby, advisory(), {lock_token(advisory(), Uuid::random(Random::system()))});
    require_token_lock(answers.back());
    EXPECT_FALSE(may_write(leader));
}

TEST_F(TokenLock, IsTakenOnlyUnderTheAdvisoryLock) {
    LockSession session(loop().executor(), "session");
    run(session.open(database().session_options(), {10s, 2s}, soon()));
    const Uuid token = Uuid::random(Random::system());
    auto statement = lock_token(advisory(), token);
    const auto answer = run(session.query(statement.sql, statement.params, 10s));
    EXPECT_TRUE(answer.empty());
    EXPECT_THROW(require_token_lock(answer), Error);
    EXPECT_EQ(holders_of(token_key(token)), "0");
}

TEST_F(TokenLock, HeldBySomebodyElseIsNoReasonToLead) {
    const Uuid token = Uuid::random(Random::system());
    database().run("select pg_advisory_lock(" + token_key(token).arguments() + ")");
    LockSession session(loop().executor(), "session");
    run(session.open(database().session_options(), {10s, 2s}, soon()));
    const auto answers = wait_for(session, advisory(), {lock_token(advisory(), token)});
    EXPECT_THROW(require_token_lock(answers.back()), Error);
}

TEST_F(TokenLock, WritersThatAskAtTheSameTimeDoNotTakeEachOtherForTheLeader) {
    Leader& leader = lead();
    terminate(leader.advisory);
    // The moment in which another writer's fence has got the lock and has not raised yet.
    run(writer_->query("begin", soon()));
    run(writer_->query("select pg_advisory_xact_lock_shared(" + token_key(leader.token).arguments() + ")",
                       soon()));
    EXPECT_FALSE(commits(leader.grant.fence));
    run(writer_->query("rollback", soon()));

    Leader& next = lead();
    const auto other = open();
    EXPECT_TRUE(passes(*writer_, next));
    EXPECT_TRUE(passes(*other, next)) << "nor do they wait for each other";
}

TEST_F(TokenLock, ARefusedWriterIsInNobodysWay) {
    Leader& leader = lead();
    terminate(leader.advisory);
    // Its client says nothing more: the transaction stays as it failed.
    EXPECT_FALSE(passes(*writer_, leader));
    EXPECT_EQ(holders_of(token_key(leader.token)), "0");
    kill(leader);
    Leader& next = lead();
    EXPECT_TRUE(may_write(next));
}

TEST_F(TokenLock, APassedFenceHoldsNothingOfIt) {
    Leader& leader = lead();
    EXPECT_TRUE(passes(*writer_, leader));
    EXPECT_EQ(holders_of(token_key(leader.token)), "1") << "the leader's session";
}

TEST_F(TokenLock, IsNotTheLockOfSomebodyWithTheSameBits) {
    Leader& leader = lead();
    terminate(leader.advisory);
    const auto bits = "((" + std::to_string(token_class) + "::bigint << 32) | (('x' || left('" +
                      leader.token.to_string() + "', 8))::bit(32)::bigint))";
    // An operator's lock, with one integer.
    database().run("select pg_advisory_lock(" + bits + ")");
    EXPECT_FALSE(commits(leader.grant.fence));
    database().run("select pg_advisory_unlock(" + bits + ")");
}

TEST_F(TokenLock, OlderAndNewerVersionsTakeTurns) {
    // The older one has neither the lock nor fence_3.
    Leader& newer = lead();
    EXPECT_TRUE(commits(newer.grant.fence));
    kill(newer);
    Leader& older = lead(true);
    EXPECT_TRUE(commits(older.grant.fence));
    EXPECT_FALSE(commits(newer.grant.fence));
    kill(older);
    Leader& newer_again = lead();
    EXPECT_TRUE(commits(newer_again.grant.fence));
    EXPECT_FALSE(commits(older.grant.fence));
    EXPECT_FALSE(commits(newer.grant.fence));
}

TEST_F(TokenLock, EveryKindOfTokenMakesTheKeyThatTheFenceReads) {
    for (const char* text :
         {"00000000-0000-4000-8000-000000000001", "7fffffff-0000-4000-8000-000000000001",
          "80000000-0000-4000-8000-000000000001", "ffffffff-ffff-4fff-bfff-ffffffffffff"}) {
        const auto key = std::string("('x' || left('") + text + "'::uuid::text, 8))::bit(32)::integer";
        EXPECT_EQ(token_key(*Uuid::parse(text)).arguments(),
                  database().value("select " + std::to_string(token_class) + " || ', ' || " + key));
    }
}

/// The instance's own way, in the modes with the advisory lock.
class TokenLockOfAnInstance : public LeaseTest, public ::testing::WithParamInterface<model::LockingMode> {};

INSTANTIATE_TEST_SUITE_P(Modes, TokenLockOfAnInstance,
                         ::testing::Values(model::LockingMode::dual, model::LockingMode::advisorylock),
                         [](const auto& mode) { return model::to_string(mode.param); });

TEST_P(TokenLockOfAnInstance, IsHeldByTheVerySessionWithTheAdvisoryLockWhileItLeads) {
    const auto a = node("a", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(model::LeadershipState::leading)));
    const auto held =
        "select count(*) from pg_locks t join pg_locks m using (pid) where m.granted and t.granted and "
        "m.locktype = 'advisory' and m.objsubid = 1 and t.locktype = 'advisory' and t.classid = " +
        std::to_string(token_class);
    EXPECT_EQ(database().value(held), "1");
    const auto fence = a->grant()->fence;
    const auto writes = [&] {
        pg::Pool pool(loop().executor(), database().session_options(), 1, 1);
        try {
            run(pg::FencedTransaction::run_batch(pool, fence, {}, patience()));
        } catch (const pg::FenceRefused&) {
            return false;
        }
        return true;
    };
    EXPECT_TRUE(writes());

    // Its next epoch has another one, and the former one's is gone.
    database().run(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 1 and "
        "granted");
    const auto until = patience();
    while (a->grant()->fence.epoch == fence.epoch && !until.passed())
        run(async::sleep_for(2ms));
    ASSERT_EQ(a->grant()->fence.epoch, fence.epoch + 1);
    EXPECT_TRUE(becomes(held, "1"));
    EXPECT_FALSE(writes());
    end(*a);
    EXPECT_EQ(database().value("select count(*) from pg_locks where locktype = 'advisory' and classid = " +
                               std::to_string(token_class)),
              "0");
}

}  // namespace
}  // namespace baton::lease
