// Real processes and SIGKILL: what a standby needs from the kernel and the server to notice.

#include "baton/lease/lease.hpp"
#include "baton/lease/lease_testing.hpp"
#include "baton/pg/pool.hpp"
#include "testing/forked_process.hpp"

#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;
using model::LeadershipState;
using model::LockingMode;
using test::ForkedProcess;

std::unique_ptr<ForkedProcess> instance(LeaseSettings settings) {
    return std::make_unique<ForkedProcess>([settings = std::move(settings)] {
        async::Loop loop;
        pg::Pool pool(loop.executor(), settings.session, 4, 4);
        Leadership leadership(loop.executor(), pool, settings, {}, Clock::system(), Random::system(),
                              Metrics::none(), Logger());
        loop.run_until_done(leadership.run());
    });
}

class Kill : public LeaseTest, public ::testing::WithParamInterface<LockingMode> {};
INSTANTIATE_TEST_SUITE_P(Lease, Kill,
                         ::testing::Values(LockingMode::dual, LockingMode::lease, LockingMode::advisorylock,
                                           LockingMode::none),
                         [](const auto& tested) { return model::to_string(tested.param); });

TEST_P(Kill, TheStandbyLeadsAtOnce) {
    constexpr int rounds = 5;
    for (int round = 1; round <= rounds; ++round) {
        const std::string name = "leader" + std::to_string(round);
        const auto leader = instance(settings_for(database().session_options(), name, GetParam()));
        ASSERT_TRUE(becomes(
            "select count(*) from pg_tables where schemaname = 'baton' and tablename = 'leadership'", "1"));
        ASSERT_TRUE(becomes("select instance from baton.leadership", name));
        const auto standby = node("standby", GetParam());
        standby->start();
        ASSERT_TRUE(run(standby->says("standby: waiting for " + name)));

        const auto killed = BootClock::now();
        leader->signal(SIGKILL);
        ASSERT_TRUE(run(standby->reaches(LeadershipState::leading)));
        const auto took = standby->granted_at() - killed;
        std::cout << "mode " << model::to_string(GetParam()) << ": leading "
                  << std::chrono::duration_cast<std::chrono::microseconds>(took).count()
                  << " us after SIGKILL, of these from the grant of the locks "
                  << standby->grant()->change.took.count() << " us\n";
        EXPECT_LT(took, 2s) << "a lease must not be waited for";
        EXPECT_EQ(standby->grant()->change.reason, "leader gone");
        end(*standby);
    }
}

TEST_P(Kill, AFrozenLeaderIsReplacedAndStandsByWhenItWakes) {
    const auto suspect_after = 500ms;
    auto frozen_settings = settings_for(database().session_options(), "frozen", GetParam());
    frozen_settings.suspect_after = suspect_after;
    const auto leader = instance(frozen_settings);
    ASSERT_TRUE(becomes(
        "select count(*) from pg_tables where schemaname = 'baton' and tablename = 'leadership'", "1"));
    ASSERT_TRUE(becomes("select instance from baton.leadership", "frozen"));
    auto settings = settings_for(database().session_options(), "standby", GetParam());
    settings.suspect_after = suspect_after;
    Node standby(loop(), settings);
    standby.start();
    ASSERT_TRUE(run(standby.says("standby: waiting for frozen")));

    const auto froze = BootClock::now();
    leader->signal(SIGSTOP);
    ASSERT_TRUE(run(standby.reaches(LeadershipState::leading)));
    const auto took = standby.granted_at() - froze;
    EXPECT_GT(took, suspect_after - suspect_after / 4) << "a leader that can still act is not pushed aside";
    EXPECT_LT(took, suspect_after + 1s);
    EXPECT_EQ(standby.grant()->change.reason, "leader frozen");

    leader->signal(SIGCONT);
    ASSERT_TRUE(becomes("select state from baton.instances where name = 'frozen'", "standby"));
    EXPECT_EQ(database().value("select instance from baton.leadership"), "standby");
    end(standby);
}

TEST_P(Kill, AStandbyThatFrozeInTheQueueIsReplacedWhenItIsHandedTheLock) {
    const auto suspect_after = 500ms;
    auto settings = settings_for(database().session_options(), "leader", GetParam());
    settings.suspect_after = suspect_after;
    const auto leader = instance(settings);
    ASSERT_TRUE(becomes(
        "select count(*) from pg_tables where schemaname = 'baton' and tablename = 'leadership'", "1"));
    ASSERT_TRUE(becomes("select instance from baton.leadership", "leader"));
    auto frozen_settings = settings_for(database().session_options(), "frozen", GetParam());
    frozen_settings.suspect_after = suspect_after;
    const auto frozen = instance(frozen_settings);
    const std::string its_session =
        " from pg_locks l join pg_stat_activity a using (pid) where l.locktype = "
        "'advisory' and l.classid = 1112690767 and a.application_name like '%" +
        frozen_settings.client_id.to_string().substr(0, 28) + "%'";
    // In the long slice, which the server goes on waiting through.
    ASSERT_TRUE(
        becomes("select coalesce(bool_or(not l.granted and now() - a.query_start > '50 ms'), false)::text" +
                    its_session,
                "true"));
    frozen->signal(SIGSTOP);
    settings = settings_for(database().session_options(), "standby", GetParam());
    settings.suspect_after = suspect_after;
    Node standby(loop(), settings);
    standby.start();
    ASSERT_TRUE(run(standby.says("standby: waiting for leader")));

    leader->signal(SIGKILL);
    ASSERT_TRUE(becomes("select bool_or(l.granted)::text" + its_session, "true"))
        << "the server hands the lock to whoever queues first, frozen or not";
    ASSERT_TRUE(run(standby.reaches(LeadershipState::leading)));
    EXPECT_EQ(database().value("select epoch from baton.leadership"), "2");
    end(standby);
}

TEST_P(Kill, ALeaderThatLivesIsNotSuspected) {
    auto settings = settings_for(database().session_options(), "leader", GetParam());
    settings.suspect_after = 500ms;
    Node leader(loop(), settings);
    leader.start();
    ASSERT_TRUE(run(leader.reaches(LeadershipState::leading)));
    settings = settings_for(database().session_options(), "standby", GetParam());
    settings.suspect_after = 500ms;
    Node standby(loop(), settings);
    standby.start();
    ASSERT_TRUE(run(standby.says("standby: waiting for leader")));
    // As many as come in three times the suspicion time.
    ASSERT_TRUE(beats(24));
    EXPECT_TRUE(standby.log().with("taken for frozen").empty());
    EXPECT_EQ(leader.leadership().state(), LeadershipState::leading);
    end(standby);
    end(leader);
}

}  // namespace

}  // namespace baton::lease
