// What docs/decisions/quiet-release.md promises.

#include "baton/lease/lease_testing.hpp"
#include "baton/pg/migrate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using model::LeadershipState;
using model::LockingMode;
using ::testing::Contains;
using ::testing::Not;

class Quietly : public LeaseTest {
  protected:
    /// The first one leads, the second one waits for it.
    bool lead_and_wait(Node& leader, Node& standby) {
        leader.start();
        const bool leads = run(leader.reaches(LeadershipState::leading));
        standby.start();
        return leads && run(standby.says("standby: waiting for " + leader.settings().name));
    }
    /// Another session of that instance, as its pool has them.
    std::unique_ptr<pg::Connection> session_of(const Node& node) {
        return run(pg::Connection::open(node.settings().session, soon()));
    }
};

class QuietlyInEachMode : public Quietly, public ::testing::WithParamInterface<LockingMode> {};
INSTANTIATE_TEST_SUITE_P(Lease, QuietlyInEachMode,
                         ::testing::Values(LockingMode::dual, LockingMode::lease, LockingMode::advisorylock,
                                           LockingMode::none),
                         [](const auto& tested) { return model::to_string(tested.param); });

TEST_P(QuietlyInEachMode, SessionsOfALeaderThatReleasedAreLeftToIt) {
    const auto a = node("a", GetParam());
    const auto b = node("b", GetParam());
    ASSERT_TRUE(lead_and_wait(*a, *b));
    const auto of_pool = session_of(*a);
    run(a->leadership().hand_over());
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_NO_THROW(run(of_pool->query("select 1", soon())));
    end(*a);

    // What it said then counts for that one takeover only.
    const auto later = session_of(*a);
    const auto c = node("c", GetParam());
    c->start();
    ASSERT_TRUE(run(c->says("standby: waiting for b")));
    const auto of_killed = session_of(*b);
    cut(*b);
    ASSERT_TRUE(run(c->reaches(LeadershipState::leading)));
    EXPECT_THROW(run(of_killed->query("select 1", soon())), pg::ConnectionLost);
    EXPECT_NO_THROW(run(later->query("select 1", soon())));
    end(*c);
    end(*b);
}

TEST_P(QuietlyInEachMode, ThoseOfOneThatDidNotSayThatItReleasedAreEnded) {
    const auto a = node("a", GetParam());
    const auto b = node("b", GetParam());
    ASSERT_TRUE(lead_and_wait(*a, *b));
    const auto of_pool = session_of(*a);
    database().run(
        "select pg_terminate_backend(a.pid) from pg_stat_activity a join pg_locks l using (pid) where "
        "l.locktype = 'advisory' and l.granted and l.classid = 1112690767 and a.datname = "
        "current_database()");
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_THROW(run(of_pool->query("select 1", soon())), pg::ConnectionLost);
    end(*b);
    end(*a);
}

TEST_F(Quietly, WhoSaidSoAndStillHoldsTheAdvisoryLockIsEnded) {
    const auto a = node("a", LockingMode::dual);
    const auto b = node("b", LockingMode::dual);
    ASSERT_TRUE(lead_and_wait(*a, *b));
    // A session of its own gets the lock instead of giving it back.
    const auto holder = session_of(*a);
    async::TaskGroup waiting(loop().executor());
    const auto wait = [&]() -> async::Task<void> {
        co_await holder->query("select pg_advisory_lock(1027321974924625846)", patience());
    };
    waiting.spawn("wait", wait());
    ASSERT_TRUE(becomes(holders(false, false), "1"));
    run(a->leadership().hand_over());
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_FALSE(b->log().with("a noted that it left, and still held the advisory lock").empty());
    run(waiting.stop());
    EXPECT_THROW(run(holder->query("select 1", soon())), pg::ConnectionLost);
    end(*b);
    end(*a);
}

TEST_F(Quietly, ACompleteProductSchemaIsNotPreparedAgain) {
    run(pg::create_product_schema(*open(), soon()));
    const auto a = node("a", LockingMode::dual);
    const auto b = node("b", LockingMode::dual);
    ASSERT_TRUE(lead_and_wait(*a, *b));
    cut(*a);
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_THAT(b->events(), Not(Contains("prepare")));
    // It is there while `a` waits, and not when it is granted the lock.
    ASSERT_TRUE(run(a->says("standby: waiting for b")));
    database().run("delete from goose_migrations where version_id = 7");
    const auto prepared = std::count(a->events().begin(), a->events().end(), "prepare");
    end(*b);
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    EXPECT_EQ(std::count(a->events().begin(), a->events().end(), "prepare"), prepared + 1);
    end(*a);
}

}  // namespace

}  // namespace baton::lease
