// How long nobody led, as the timeline tells it.

#include "baton/lease/gap.hpp"

#include "baton/lease/lease_testing.hpp"
#include "baton/lease/maintenance.hpp"
#include "baton/pg/pool.hpp"
#include "testing/forked_process.hpp"

#include <gtest/gtest.h>

namespace baton::lease {
namespace {

using namespace std::chrono_literals;
using model::LeadershipState;
using model::LockingMode;

class Gap : public LeaseTest, public ::testing::WithParamInterface<LockingMode> {
  protected:
    LeaseSettings quick(const std::string& name) {
        auto settings = settings_for(database().session_options(), name, GetParam());
        settings.suspect_after = 500ms;
        return settings;
    }
    std::unique_ptr<test::ForkedProcess> other_process(LeaseSettings settings) {
        return std::make_unique<test::ForkedProcess>([settings = std::move(settings)] {
            async::Loop loop;
            pg::Pool pool(loop.executor(), settings.session, 4, 4);
            Leadership leadership(loop.executor(), pool, settings, {}, Clock::system(), Random::system(),
                                  Metrics::none(), Logger());
            loop.run_until_done(leadership.run());
        });
    }
    /// How the gap before the epoch is known; "" where nobody noted it.
    std::string known_by(int epoch) {
        return database().value("select coalesce((select known_by from baton.leadership_gaps where epoch = " +
                                std::to_string(epoch) + "), '')");
    }
    std::string holds(int epoch, const std::string& condition) {
        return database().value(
            "select (" + condition +
            ")::text from baton.leadership_gaps g join baton.leadership_log l using (epoch) "
            "where epoch = " +
            std::to_string(epoch));
    }
    /// Once its first sign of life as leader is written, with which the gap goes.
    bool is_noted(const std::string& name) {
        return becomes("select state from baton.instances where name = '" + name + "'", "leading");
    }
    void leads(const std::string& name) {
        ASSERT_TRUE(becomes(
            "select count(*) from pg_tables where schemaname = 'baton' and tablename = 'leadership'", "1"));
        ASSERT_TRUE(becomes("select instance from baton.leadership", name));
    }
};

INSTANTIATE_TEST_SUITE_P(EachMode, Gap,
                         ::testing::Values(LockingMode::dual, LockingMode::lease, LockingMode::advisorylock,
                                           LockingMode::none),
                         [](const auto& tested) { return model::to_string(tested.param); });

TEST_P(Gap, OfAHandoverCountsFromTheRelease) {
    Node a(loop(), quick("a"));
    Node b(loop(), quick("b"));
    a.start();
    ASSERT_TRUE(run(a.reaches(LeadershipState::leading)));
    ASSERT_TRUE(is_noted("a"));
    EXPECT_EQ(known_by(1), "") << "nobody led before";
    b.start();
    ASSERT_TRUE(run(b.says("standby: waiting for a")));
    run(a.leadership().hand_over());
    ASSERT_TRUE(run(b.reaches(LeadershipState::leading)));
    ASSERT_TRUE(is_noted("b"));
    EXPECT_EQ(known_by(2), "release");
    EXPECT_EQ(holds(2, "g.since <= l.at"), "true");
    // b leaves for good; a, which waits again, follows.
    ASSERT_TRUE(run(a.says("standby: waiting for b")));
    end(b);
    ASSERT_TRUE(run(a.reaches(LeadershipState::leading)));
    ASSERT_TRUE(is_noted("a"));
    EXPECT_EQ(known_by(3), "release");
    end(a);
}

TEST_P(Gap, CountsTheTimeInWhichNobodyWasThereToLead) {
    Node a(loop(), quick("a"));
    a.start();
    ASSERT_TRUE(run(a.reaches(LeadershipState::leading)));
    end(a);
    // As long ago as a night is.
    database().run("update baton.leadership_gaps set since = since - interval '8 hours' where epoch = 2");
    Node b(loop(), quick("b"));
    b.start();
    ASSERT_TRUE(run(b.reaches(LeadershipState::leading)));
    ASSERT_TRUE(is_noted("b"));
    EXPECT_EQ(known_by(2), "release") << "who released knew more than who came";
    EXPECT_EQ(holds(2, "l.at - g.since > interval '8 hours'"), "true");
    end(b);
}

TEST_P(Gap, OfAKillCountsFromTheGrantOfTheWatchLock) {
    const auto leader = other_process(quick("killed"));
    leads("killed");
    Node b(loop(), quick("b"));
    b.start();
    ASSERT_TRUE(run(b.says("standby: waiting for killed")));
    const auto before = database().value("select clock_timestamp()::text");
    leader->signal(SIGKILL);
    ASSERT_TRUE(run(b.reaches(LeadershipState::leading)));
    ASSERT_TRUE(is_noted("b"));
    EXPECT_EQ(known_by(2), "lock grant");
    EXPECT_EQ(holds(2, "g.since between '" + before + "' and l.at - l.took_us * interval '1 microsecond'"),
              "true");
    end(b);
}

TEST_P(Gap, OfAFrozenLeaderCountsFromItsLastHeartbeat) {
    const auto leader = other_process(quick("frozen"));
    leads("frozen");
    Node b(loop(), quick("b"));
    b.start();
    ASSERT_TRUE(run(b.says("standby: waiting for frozen")));
    leader->signal(SIGSTOP);
    const auto stopped = database().value("select clock_timestamp()::text");
    ASSERT_TRUE(run(b.reaches(LeadershipState::leading)));
    ASSERT_TRUE(is_noted("b"));
    EXPECT_EQ(b.grant()->change.reason, "leader frozen");
    EXPECT_EQ(known_by(2), "last heartbeat");
    // Of the moment of the stop the server may still have had a statement to answer.
    EXPECT_EQ(holds(2, "g.since < '" + stopped + "'::timestamptz + interval '100 ms'"), "true");
    EXPECT_EQ(holds(2, "l.at - g.since > interval '400 ms'"), "true");
    end(b);
}

TEST_P(Gap, OfACommandInAnEpochOfItsOwnCountsFromItsEnd) {
    Maintenance command(loop().executor(), quick("command"));
    run(command.connect());
    run(command.take_locks());
    {
        const auto held = run(command.session());
        run(pg::migrate_own_schema(*held, command.names(), patience()));
    }
    run(command.raise_epoch("a test", Logger()));
    run(command.give_back());
    EXPECT_EQ(database().value("select known_by from baton.leadership_gaps where epoch = 2"), "release");
}

}  // namespace
}  // namespace baton::lease
