// Next to a Chainlink v1.11.0, in each mode that excludes.

#include "baton/lease/lease_testing.hpp"
#include "baton/lease/v1_testing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;
using model::LeadershipState;
using model::LockingMode;
using ::testing::HasSubstr;

class V1Test : public LeaseTest {
  protected:
    std::unique_ptr<V1> v1(LockingMode mode) {
        return std::make_unique<V1>(loop(), database().session_options(), mode);
    }
    std::unique_ptr<V1> leading_v1(LockingMode mode) {
        auto one = v1(mode);
        one->start();
        EXPECT_TRUE(comes_to_lead(*one));
        return one;
    }
    bool comes_to_lead(const V1& one) {
        const auto until = patience();
        while (!one.leads() && !until.passed())
            run(async::sleep_for(5ms));
        return one.leads();
    }
    /// It stands by, says whom it waits for, and has left the row alone.
    void expect_standby(Node& baton, const V1& one, LockingMode mode) {
        ASSERT_TRUE(run(baton.says("standby: waiting for a Chainlink v1.11.0 (client id " + one.id())));
        EXPECT_EQ(baton.leadership().state(), LeadershipState::standby);
        EXPECT_FALSE(baton.grant());
        if (model::uses_lease(mode)) {
            EXPECT_EQ(database().value("select client_id from lease_lock"), one.id());
        }
    }
};
class NextToV1 : public V1Test, public ::testing::WithParamInterface<LockingMode> {};
class NextToOneV1 : public V1Test {};
INSTANTIATE_TEST_SUITE_P(Lease, NextToV1,
                         ::testing::Values(LockingMode::dual, LockingMode::lease, LockingMode::advisorylock),
                         [](const auto& tested) { return model::to_string(tested.param); });

TEST_P(NextToV1, StandsByWhileItLeadsAndTakesOverWhenItDies) {
    const auto other = leading_v1(GetParam());
    const auto a = node("a", GetParam());
    a->start();
    expect_standby(*a, *other, GetParam());
    run(async::sleep_for(2 * V1::poll));
    EXPECT_TRUE(other->leads());

    const auto died = BootClock::now();
    other->die();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    const auto took = a->granted_at() - died;
    std::cout << "mode " << model::to_string(GetParam()) << ": leading "
              << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
              << " ms after the death of a v1.11.0\n";
    EXPECT_EQ(a->grant()->change.reason, GetParam() == LockingMode::lease ? "lease expired" : "v1.11.0 gone");
    EXPECT_EQ(a->grant()->change.from_instance, "Chainlink v1.11.0 " + other->id());
    if (GetParam() == LockingMode::dual) {
        EXPECT_LT(a->granted_at() - died, 1500ms) << "the advisory lock proves it: the row need not run out";
    }
    end(*a);
}

TEST_P(NextToV1, TakesOverWhenItLeavesInOrder) {
    const auto other = leading_v1(GetParam());
    const auto a = node("a", GetParam());
    a->start();
    expect_standby(*a, *other, GetParam());
    other->leave();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    end(*a);
}

TEST_P(NextToV1, KeepsItOutWhileItLeadsAndHandsOverToIt) {
    const auto a = node("a", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    const auto other = v1(GetParam());
    other->start();
    run(async::sleep_for(4 * V1::poll));
    EXPECT_FALSE(other->leads());
    EXPECT_TRUE(a->leadership().may_act());
    const pg::Fence fence = a->grant()->fence;
    end(*a);
    ASSERT_TRUE(comes_to_lead(*other));

    // Its epoch is still the one in the row; the locks of v1.11.0 are what fences it.
    auto writer = open();
    std::vector<pg::Statement> fenced(2);
    fenced[0].sql = "begin isolation level read committed";
    fenced[1].sql = fence.statement;
    fenced[1].params.add(fence.epoch).add(fence.token);
    EXPECT_THROW(run(writer->pipeline(fenced, patience())), pg::FenceRefused);
}

TEST_P(NextToV1, SessionsOfTheFormerLeaderAreEndedWhenTheyComeBack) {
    const auto other = leading_v1(GetParam());
    const auto a = node("a", GetParam());
    a->start();
    expect_standby(*a, *other, GetParam());
    other->die();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    auto options = database().session_options();
    // Cut as PostgreSQL cuts the longest name that it uses.
    options.application_name = ("Chainlink 1.11.0 |EventBroadcaster|" + other->id()).substr(0, 63);
    const auto lives_until_ended = [&] {
        // It may be ended before it is quite open.
        const auto zombie = run(pg::Connection::open(options, patience()));
        for (const auto until = patience(); !until.passed();)
            run(zombie->query("select 1", patience()));
    };
    EXPECT_THROW(lives_until_ended(), pg::ConnectionLost);
    ASSERT_TRUE(run(a->says("the former Chainlink v1.11.0 is gone")));
    EXPECT_TRUE(a->leadership().may_act());
    end(*a);
}

TEST_F(NextToOneV1, ARowThatRanOutIsKnownForItsEvenWhereABatonLedBefore) {
    const auto before = node("before", LockingMode::lease);
    before->start();
    ASSERT_TRUE(run(before->reaches(LeadershipState::leading)));
    end(*before);
    const auto other = leading_v1(LockingMode::lease);
    other->die();
    ASSERT_TRUE(becomes("select (expires_at < now())::text from lease_lock", "true"));
    const auto a = node("a", LockingMode::lease);
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    EXPECT_EQ(database().value("select reason from baton.leadership_log order by id desc limit 1"),
              "lease expired")
        << "it is held off for a while, which a Baton's row does not call for";
    end(*a);
}

TEST_P(NextToV1, ALeaderWhoseLockItTakesStepsDown) {
    const auto a = node("a", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    // An administrator, or a lease that ran out under a stalled database: another node has it now.
    if (model::uses_lease(GetParam())) {
        database().run(
            "update lease_lock set client_id = gen_random_uuid(), expires_at = now() + interval '1 second'");
    } else {
        database().run(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 1");
    }
    ASSERT_TRUE(run(a->reaches(LeadershipState::draining)));
    EXPECT_FALSE(a->leadership().may_act());
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    EXPECT_EQ(a->grant()->fence.epoch, 2);
    end(*a);
}

TEST_F(NextToOneV1, InDualItDoesNotStarveAV1ThatHasTheLeaseAndTriesTheAdvisoryLock) {
    // Between its two locks, as it starts: the row is its own, the advisory lock is free, a Baton waits for
    // both.
    const auto blocker = open();
    run(blocker->query("select pg_advisory_lock(1027321974924625846)", patience()));
    const auto other = v1(LockingMode::dual);
    other->start();
    ASSERT_TRUE(becomes("select count(*) from pg_tables where tablename = 'lease_lock'", "1"));
    ASSERT_TRUE(becomes("select client_id from lease_lock", other->id()));
    const auto a = node("a", LockingMode::dual);
    a->start();
    ASSERT_TRUE(run(a->says("Another application holds the advisory lock, waiting...")));
    ASSERT_TRUE(becomes(holders(false, false), "1")) << "it queues in the server, before any try of the v1";
    run(blocker->query("select pg_advisory_unlock(1027321974924625846)", patience()));
    ASSERT_TRUE(run(a->says("gave the advisory lock back to the Chainlink v1.11.0 that owns the lease")));
    const int tries = other->advisory_tries();
    ASSERT_TRUE(comes_to_lead(*other));
    EXPECT_LE(other->advisory_tries() - tries, 2) << "a v1 that misses tries exits or starves";
    EXPECT_FALSE(a->grant());
    // And then it waits for it as for any leader.
    ASSERT_TRUE(becomes(holders(false, false), "1"));
    other->die();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    end(*a);
}

TEST_F(NextToOneV1, InDualNextToAV1ThatKnowsTheLeaseOnlyItLeavesTheRowAlone) {
    const auto other = leading_v1(LockingMode::lease);
    const auto a = node("a", LockingMode::dual);
    a->start();
    ASSERT_TRUE(run(a->says("gave the advisory lock back")));
    run(async::sleep_for(6 * V1::poll));
    EXPECT_TRUE(other->leads());
    EXPECT_FALSE(other->exited());
    EXPECT_EQ(a->log().with("gave the advisory lock back").size(), 1u)
        << "given back once, not again and again";
    other->die();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    end(*a);
}

TEST_F(NextToOneV1, InDualAThirdInstanceThatGotTheRowIsSteppedBackFrom) {
    // The v1 that owned the row dies; before the Baton can take it, another v1 that lives does.
    const auto a = node("a", LockingMode::dual);
    const auto blocker = open();
    run(blocker->query("select pg_advisory_lock(1027321974924625846)", patience()));
    database().run(
        "create table lease_lock (client_id uuid not null, expires_at timestamptz not null); "
        "create unique index only_one_lease_lock on lease_lock ((client_id is not null)); "
        "insert into lease_lock values (gen_random_uuid(), now() + interval '1 minute')");
    a->start();
    ASSERT_TRUE(becomes(holders(false, false), "1"));
    auto options = database().session_options();
    const std::string third = Uuid::random(Random::system()).to_string();
    options.application_name = "Chainlink 1.11.0 |App|" + third;
    const auto alive = run(pg::Connection::open(options, patience()));
    database().run("update lease_lock set client_id = '" + third + "'");
    run(blocker->query("select pg_advisory_unlock(1027321974924625846)", patience()));
    ASSERT_TRUE(run(a->says("gave the advisory lock back")));
    EXPECT_EQ(database().value("select client_id from lease_lock"), third);
    EXPECT_FALSE(a->grant());
    alive->close();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    end(*a);
}

TEST_F(NextToOneV1, ABatonsRowIsTakenAtOnceAndTheNoticeOfItsReleaseIsHeard) {
    // Unknown to `instances`, so it counts as a v1; the NOTIFY of its release wakes the waiter long before
    // its end.
    const auto stranger = Uuid::random(Random::system());
    const auto a = node("a", LockingMode::lease);
    database().run(
        "create table lease_lock (client_id uuid not null, expires_at timestamptz not null); "
        "create unique index only_one_lease_lock on lease_lock ((client_id is not null)); "
        "insert into lease_lock values ('" +
        stranger.to_string() + "', now() + interval '1 hour')");
    a->start();
    ASSERT_TRUE(run(a->says("Another application is currently holding the database lease")));
    ASSERT_TRUE(
        becomes("select count(*) from pg_stat_activity where query like 'listen baton_lease_%'", "1"));
    database().run("update lease_lock set expires_at = now(); select pg_notify('" +
                   LeaseRow::notify_channel(own_schema_for("public")) + "', '')");
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    end(*a);

    // A Baton that died: its row would be good for another hour, and is taken at once.
    database().run("update lease_lock set expires_at = now() + interval '1 hour'");
    const auto b = node("b", LockingMode::lease);
    const auto began = BootClock::now();
    b->start();
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_LT(BootClock::now() - began, 5s);
    end(*b);
}

}  // namespace

}  // namespace baton::lease
