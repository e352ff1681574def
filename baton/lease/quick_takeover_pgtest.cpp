// What makes a takeover quick (db/baton/0007): the lease that comes with the watch lock, and the rehearsal.

#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/lease_row.hpp"
#include "baton/lease/lease_testing.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/lease/takeover.hpp"

#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;

/// A database in which "a" led: its epoch, its lease. "b" is registered, and its sessions are open.
class QuickTakeover : public LeaseTest {
  protected:
    void SetUp() override {
        LeaseTest::SetUp();
        if (IsSkipped()) return;
        names_ = own_schema_for("public");
        const auto session = open();
        run(pg::migrate_own_schema(*session, names_, soon()));
        database().run("create table lease_lock (client_id uuid not null, expires_at timestamptz not null)");
        database().run("create unique index only_one_lease_lock on lease_lock ((client_id is not null))");
        watch_ = std::make_unique<LockSession>(loop().executor(), "watch");
        run(watch_->open(database().session_options(), {10s, 2s}, soon()));
        lease_ = std::make_unique<LockSession>(loop().executor(), "lease");
        run(lease_->open(database().session_options(), {10s, 2s}, soon()));
        row_ = std::make_unique<LeaseRow>(*lease_, names_, b_, 10s);
        for (const auto& [id, name] : {std::pair{a_, "a"}, std::pair{b_, "b"}})
            database().run("insert into baton.instances values ('" + id.to_string() + "', '" + name +
                           "', '', '', 'standby')");
        lock_watch();
        TakeoverRequest request;
        request.client_id = a_;
        request.name = "a";
        request.granted_at = BootClock::now();
        run(take_over(*watch_, names_, request, Uuid::random(Random::system()), Clock::system(), Logger(),
                      patience()));
        give_lease_to(a_);
    }
    void TearDown() override {
        row_.reset();
        lease_.reset();
        watch_.reset();
        LeaseTest::TearDown();
    }

    void lock_watch() { run(watch_->query("select pg_advisory_lock(" + key().arguments() + ")", 10s)); }
    AdvisoryKey key() const { return AdvisoryKey::of(watch_class, names_.fence_key); }
    void give_lease_to(const Uuid& owner) {
        database().run("delete from lease_lock; insert into lease_lock values ('" + owner.to_string() +
                       "', now() + interval '7 s')");
    }
    std::string owner() { return database().value("select client_id from lease_lock"); }
    bool claims() { return run(row_->claim(*watch_, 10s)); }

    pg::OwnSchema names_;
    Uuid a_ = Uuid::random(Random::system());
    Uuid b_ = Uuid::random(Random::system());
    std::unique_ptr<LockSession> watch_;
    std::unique_ptr<LockSession> lease_;
    std::unique_ptr<LeaseRow> row_;
};

TEST_F(QuickTakeover, TheLeaseOfTheFormerLeaderComesWithTheWatchLock) {
    EXPECT_TRUE(claims());
    EXPECT_EQ(owner(), b_.to_string());
    EXPECT_EQ(database().value("select expires_at > now() + interval '9 s' from lease_lock"), "t");
}

TEST_F(QuickTakeover, AStandbyThatEndedWhileItWaitedClaimsNothing) {
    const auto settings = settings_for(database().session_options(), "c", model::LockingMode::dual);
    Node waiting(loop(), settings);
    waiting.start();
    ASSERT_TRUE(run(waiting.says("standby: waiting for")));
    // The server goes on waiting for it, and gives it the lock.
    run(waiting.release());
    run(unlock(*watch_, key(), 10s));
    ASSERT_TRUE(becomes(holders(true), "0"));
    EXPECT_EQ(owner(), a_.to_string());
}

TEST_F(QuickTakeover, NobodyElsesLeaseIsClaimed) {
    const auto v1 = Uuid::random(Random::system());
    give_lease_to(v1);
    EXPECT_FALSE(claims());
    EXPECT_EQ(owner(), v1.to_string());
    database().run("delete from lease_lock");
    EXPECT_FALSE(claims()) << "there is none";
}

TEST_F(QuickTakeover, WithoutTheWatchLockNothingIsClaimed) {
    run(unlock(*watch_, key(), 10s));
    EXPECT_FALSE(claims());
    EXPECT_EQ(owner(), a_.to_string());
}

TEST_F(QuickTakeover, WithoutTheWatchLockTheTableIsNotWaitedFor) {
    run(unlock(*watch_, key(), 10s));
    // As the migration of another one has it, which holds the watch lock.
    const auto migration = open();
    run(migration->query("begin", soon()));
    run(migration->query("lock table lease_lock in share mode", soon()));
    run(watch_->query("set lock_timeout to '1ms'", 10s));
    EXPECT_FALSE(claims());
    run(migration->query("rollback", soon()));
}

TEST_F(QuickTakeover, WhoIsNotRegisteredWouldBeTakenForAV1) {
    database().run("delete from baton.instances where name = 'b'");
    EXPECT_FALSE(claims());
    EXPECT_EQ(owner(), a_.to_string());
}

TEST_F(QuickTakeover, AStandbyThatGoesFirstIsLeftTheLease) {
    database().run(
        "insert into baton.candidates (client_id, priority) select client_id, 1 from "
        "baton.instances where name = 'a'");
    EXPECT_FALSE(claims());
    EXPECT_EQ(owner(), a_.to_string());
}

TEST_F(QuickTakeover, WhoWorksOnTheLeaseIsNotWaitedFor) {
    const auto busy = open();
    run(busy->query("begin", soon()));
    run(busy->query("select from lease_lock for update", soon()));
    EXPECT_FALSE(claims());
    run(busy->query("rollback", soon()));
    EXPECT_TRUE(claims());
}

TEST_F(QuickTakeover, ARehearsedClaimChangesNothingAndWaitsForNobody) {
    run(unlock(*watch_, key(), 10s));
    run(row_->rehearse_claim(*watch_, 10s));
    EXPECT_EQ(owner(), a_.to_string());
    const auto migration = open();
    run(migration->query("begin", soon()));
    run(migration->query("lock table lease_lock in share mode", soon()));
    run(row_->rehearse_claim(*watch_, 10s));
    run(migration->query("rollback", soon()));
    lock_watch();
    run(row_->rehearse_claim(*watch_, 10s));
    EXPECT_EQ(owner(), a_.to_string()) << "with the watch lock neither";
    EXPECT_TRUE(claims());
}

TEST_F(QuickTakeover, ARehearsalChangesNothingAndNeedsNoLock) {
    run(unlock(*watch_, key(), 10s));
    const auto all =
        "select (select l::text from baton.leadership l) || (select string_agg(g::text, ' ') from "
        "baton.leadership_log g)";
    const auto before = database().value(all);
    TakeoverRequest request;
    request.client_id = b_;
    request.name = "b";
    request.with_lease = true;
    request.advisory_key = 4711;
    request.advisory_backend = watch_->backend();
    request.granted_at = BootClock::now();
    // A writer of the epoch that goes on.
    const auto writer = open();
    run(writer->query("begin", soon()));
    run(writer->query("select pg_advisory_xact_lock_shared(" + std::to_string(fence_class) + ", " +
                          std::to_string(names_.fence_key) + ")",
                      soon()));
    run(rehearse_takeover(*watch_, names_, request, 10s));
    EXPECT_EQ(database().value(all), before);
    EXPECT_EQ(owner(), a_.to_string());
    run(writer->query("rollback", soon()));
}

}  // namespace

}  // namespace baton::lease
