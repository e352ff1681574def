// What the fence compares (leadership.md sections 3 and 4): epoch, token, and the locks of v1.11.0; and that
// no epoch begins without its locks or is given twice.

#include "baton/lease/fence_testing.hpp"
#include "baton/lease/token_lock.hpp"

namespace baton::lease {

namespace {

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
