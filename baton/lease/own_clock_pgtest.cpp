// A leader acts by its own clock (leadership.md section 6): it stops before anybody may suspect it, and
// proves its leadership before it acts again.

#include "baton/lease/lease_testing.hpp"
#include "baton/pg/transaction.hpp"
#include "testing/clock.hpp"

#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;
using model::LeadershipState;
using model::LockingMode;

class OwnClock : public LeaseTest {};

TEST_F(OwnClock, StopsActingByItsOwnClockBeforeAStandbyMaySuspectIt) {
    test::ManualClock clock;
    auto settings = settings_for(database().session_options(), "a", LockingMode::none);
    // Rare heartbeats, so that none comes between the clock's jump and the look.
    settings.lease_duration = 60s;
    settings.suspect_after = 30s;
    Node a(loop(), settings, clock);
    a.start();
    ASSERT_TRUE(run(a.reaches(LeadershipState::leading)));
    clock.advance(22'500ms);
    EXPECT_TRUE(a.leadership().may_act());
    clock.advance(1ms);
    EXPECT_FALSE(a.leadership().may_act());
    EXPECT_EQ(a.leadership().state(), LeadershipState::leading)
        << "a late heartbeat is no reason to step down";
    end(a);
}

TEST_F(OwnClock, ActsAgainWhenALateHeartbeatIsAnsweredWithEverythingStillItsOwn) {
    test::ManualClock clock;
    Node a(loop(), settings_for(database().session_options(), "a", LockingMode::dual), clock);
    a.start();
    ASSERT_TRUE(run(a.reaches(LeadershipState::leading)));
    clock.advance(1min);
    EXPECT_FALSE(a.leadership().may_act());
    const auto until = patience();
    while (!a.leadership().may_act() && !until.passed())
        run(async::sleep_for(5ms));
    EXPECT_TRUE(a.leadership().may_act());
    EXPECT_EQ(a.grant()->fence.epoch, 1);
    end(a);
}

TEST_F(OwnClock, AMachineThatWakesUpAnHourLaterDoesNothingBeforeItHasProvedItsLeadership) {
    test::ManualClock clock;
    Node a(loop(), settings_for(database().session_options(), "a", LockingMode::dual), clock);
    const auto b = node("b", LockingMode::dual);
    a.start();
    ASSERT_TRUE(run(a.reaches(LeadershipState::leading)));
    b->start();
    ASSERT_TRUE(run(b->says("standby: waiting for a")));
    auto pool = std::make_unique<pg::Pool>(loop().executor(), database().session_options(), 2, 2);
    auto writer = run(pg::FencedTransaction::begin(*pool, a.grant()->fence, patience()));
    run(writer.query("create table written_by_a ()", {}, patience()));

    // While it stood still its sessions were ended; nothing of that has reached it yet.
    cut(a);
    clock.advance(1h);
    EXPECT_FALSE(a.leadership().may_act());
    EXPECT_TRUE(a.leadership().send_deadline().passed());
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_THROW(run(writer.commit(patience())), pg::DatabaseError);
    EXPECT_EQ(database().value("select to_regclass('written_by_a') is null"), "t");
    EXPECT_THROW(run(pg::FencedTransaction::begin(*pool, a.grant()->fence, patience())), pg::FenceRefused);
    ASSERT_TRUE(run(a.reaches(LeadershipState::standby)));
    ASSERT_TRUE(run(a.says("standby: waiting for b")));
    EXPECT_EQ(b->grant()->fence.epoch, 2);
    pool.reset();
    end(*b);
    end(a);
}

TEST_F(OwnClock, ClockStepsChangeNothing) {
    test::ManualClock clock;
    Node a(loop(), settings_for(database().session_options(), "a", LockingMode::dual), clock);
    const auto b = node("b", LockingMode::dual);
    a.start();
    ASSERT_TRUE(run(a.reaches(LeadershipState::leading)));
    b->start();
    ASSERT_TRUE(run(b->says("standby: waiting for a")));
    for (const auto step : {24h, -48h, 24h * 365}) {
        clock.set_wall(clock.wall() + step);
        EXPECT_TRUE(a.leadership().may_act());
        ASSERT_TRUE(beats(2));
        EXPECT_TRUE(a.leadership().may_act());
    }
    EXPECT_EQ(a.grant()->fence.epoch, 1);
    EXPECT_EQ(a.leadership().state(), LeadershipState::leading);
    end(*b);
    end(a);
}

}  // namespace

}  // namespace baton::lease
