#include "baton/lease/maintenance.hpp"

#include "baton/lease/lease_testing.hpp"
#include "baton/pg/error.hpp"
#include "baton/pg/transaction.hpp"
#include "testing/forked_process.hpp"

#include <gtest/gtest.h>

namespace baton::lease {
namespace {

using namespace std::chrono_literals;
using model::LeadershipState;
using model::LockingMode;

class MaintenanceTest : public LeaseTest, public ::testing::WithParamInterface<LockingMode> {
  protected:
    std::unique_ptr<Maintenance> command() {
        auto settings = settings_for(database().session_options(), "command", GetParam());
        settings.suspect_after = 500ms;
        return std::make_unique<Maintenance>(loop().executor(), std::move(settings));
    }
    std::unique_ptr<Node> quick_node(const std::string& name) {
        auto settings = settings_for(database().session_options(), name, GetParam());
        settings.suspect_after = 500ms;
        return std::make_unique<Node>(loop(), std::move(settings));
    }
    bool may_write(const pg::Fence& fence) {
        try {
            run(pg::FencedTransaction::begin(*pool_, fence, patience()));
            return true;
        } catch (const pg::FenceRefused&) {
            return false;
        }
    }
    void SetUp() override {
        LeaseTest::SetUp();
        if (IsSkipped()) return;
        pool_ = std::make_unique<pg::Pool>(loop().executor(), database().session_options(), 2, 2);
    }
    void TearDown() override {
        pool_.reset();
        LeaseTest::TearDown();
    }
    std::string epoch() { return database().value("select epoch from baton.leadership"); }

    std::unique_ptr<pg::Pool> pool_;
};

INSTANTIATE_TEST_SUITE_P(EachMode, MaintenanceTest,
                         ::testing::Values(LockingMode::dual, LockingMode::lease, LockingMode::advisorylock,
                                           LockingMode::none),
                         [](const auto& tested) { return model::to_string(tested.param); });

TEST_P(MaintenanceTest, ItsEpochIsRaisedOnlyWhenNobodyLeadsAndEndsTheOneBefore) {
    const auto a = quick_node("a");
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    const auto former = a->grant()->fence;
    auto refused = command();
    run(refused->connect());
    EXPECT_THROW(run(refused->take_locks()), SomebodyLeads);
    EXPECT_TRUE(may_write(former));
    refused.reset();
    end(*a);

    auto maintenance = command();
    run(maintenance->connect());
    run(maintenance->take_locks());
    const auto fence = run(maintenance->raise_epoch("a test", Logger()));
    EXPECT_EQ(fence.epoch, former.epoch + 1);
    EXPECT_TRUE(may_write(fence));
    EXPECT_FALSE(may_write(former));
    EXPECT_FALSE(maintenance->send_deadline().passed());
    EXPECT_EQ(database().value(
                  "select instance || ' ' || reason from baton.leadership_log order by id desc limit 1"),
              "command a test");
    run(maintenance->give_back());
}

TEST_P(MaintenanceTest, ItsSignOfLifeKeepsWhoeverWaitsAwayAsLongAsItWorks) {
    auto maintenance = command();
    run(maintenance->connect());
    {
        const auto held = run(maintenance->session());
        run(pg::migrate_own_schema(*held, maintenance->names(), patience()));
    }
    run(maintenance->take_locks());
    const auto fence = run(maintenance->raise_epoch("a test", Logger()));
    async::TaskGroup heartbeat(loop().executor());
    heartbeat.spawn("heartbeat", maintenance->keep());
    const auto waits = quick_node("waits");
    waits->start();
    ASSERT_TRUE(run(waits->reaches(LeadershipState::standby)));
    // As many as come in four times the suspicion time.
    ASSERT_TRUE(beats(32));
    EXPECT_EQ(heartbeat.size(), 1U);
    EXPECT_TRUE(may_write(fence));
    EXPECT_EQ(waits->leadership().state(), LeadershipState::standby);

    // A command that hangs is replaced like a leader that hangs.
    run(heartbeat.stop());
    EXPECT_TRUE(run(waits->reaches(LeadershipState::leading)));
    EXPECT_FALSE(may_write(fence));
    maintenance.reset();
    end(*waits);
}

/// A command in a process of its own that holds the locks, and what else `work` takes, until it is killed.
class KilledCommand : public MaintenanceTest {
  protected:
    using Work = std::function<async::Task<void>(Maintenance*)>;
    void holds_locks(Work work) {
        auto settings = settings_for(database().session_options(), "command", GetParam());
        settings.suspect_after = 500ms;
        command_.emplace([settings, work] {
            async::Loop loop;
            Maintenance maintenance(loop.executor(), settings);
            loop.run_until_done(maintenance.connect());
            loop.run_until_done(maintenance.take_locks());
            loop.run_until_done(work(&maintenance));
        });
        ASSERT_TRUE(becomes(
            "select count(*) from pg_tables where schemaname = 'baton' and tablename = 'instances'", "1"));
        ASSERT_TRUE(becomes("select state from baton.instances where name = 'command'", "taking"));
        ASSERT_TRUE(becomes(holders(true), "1"));
        if (model::uses_lease(GetParam())) {
            ASSERT_TRUE(becomes("select count(*) from pg_tables where tablename = 'lease_lock'", "1"));
            ASSERT_TRUE(becomes("select count(*) from lease_lock where expires_at > now()", "1"));
        }
        if (model::uses_advisory_lock(GetParam())) {
            ASSERT_TRUE(becomes(holders(false), "1"));
        }
    }
    /// How often an instance tried for the locks that it waits for.
    static std::size_t tries(const Node& node) { return node.log().with("waiting").size(); }

    std::optional<test::ForkedProcess> command_;
};

INSTANTIATE_TEST_SUITE_P(EachMode, KilledCommand,
                         ::testing::Values(LockingMode::dual, LockingMode::lease, LockingMode::advisorylock,
                                           LockingMode::none),
                         [](const auto& tested) { return model::to_string(tested.param); });

/// Speaks on the session as a command at work does.
async::Task<void> work_for_ever(Maintenance* maintenance) {
    for (;;) {
        {
            const auto held = co_await maintenance->session();
            co_await (*held).query("select 1", patience());
        }
        co_await async::sleep_for(20ms);
    }
}

async::Task<void> lead_for_ever(Maintenance* maintenance) {
    co_await maintenance->raise_epoch("a test", Logger());
    co_await maintenance->keep();
}

TEST_P(KilledCommand, IsFollowedAtOnceAndNamedThoughNobodyEverLed) {
    holds_locks(work_for_ever);
    const auto standby = quick_node("standby");
    standby->start();
    ASSERT_TRUE(run(standby->says("standby: waiting for command, which holds the watch lock")));
    const auto before = tries(*standby);
    command_->signal(SIGKILL);
    ASSERT_TRUE(run(standby->reaches(LeadershipState::leading)));
    EXPECT_LE(tries(*standby), before + 1) << "it waited for something else than the death of the command";
    EXPECT_FALSE(standby->log().with("command, which held the watch lock and did not lead, is gone").empty());
    if (model::uses_lease(GetParam())) {
        EXPECT_FALSE(standby->log().with("took the lease of command, which is gone").empty());
    }
    end(*standby);
}

TEST_P(KilledCommand, IsFollowedAtOnceByAnInstanceThatIsStartedAfterItsDeath) {
    const auto former = quick_node("former");
    former->start();
    ASSERT_TRUE(run(former->reaches(LeadershipState::leading)));
    end(*former);
    holds_locks(work_for_ever);
    command_->signal(SIGKILL);
    ASSERT_TRUE(becomes(holders(true), "0"));
    const auto next = quick_node("next");
    next->start();
    ASSERT_TRUE(run(next->reaches(LeadershipState::leading)));
    EXPECT_EQ(tries(*next), 0U) << "nobody else is there";
    end(*next);
}

TEST_P(KilledCommand, InAnEpochOfItsOwnIsFollowedAsALeaderIs) {
    const auto former = quick_node("former");
    former->start();
    ASSERT_TRUE(run(former->reaches(LeadershipState::leading)));
    end(*former);
    holds_locks(lead_for_ever);
    ASSERT_TRUE(becomes("select coalesce((select instance from baton.leadership), '')", "command"));
    if (model::uses_lease(GetParam())) {
        EXPECT_TRUE(
            becomes("select (expires_at < now() + interval '1 minute')::text from lease_lock", "true"))
            << "for a v1.11.0 it is refreshed like any other, and ends soon";
    }
    const auto standby = quick_node("standby");
    standby->start();
    ASSERT_TRUE(run(standby->says("standby: waiting for command (")));
    const auto before = tries(*standby);
    command_->signal(SIGKILL);
    ASSERT_TRUE(run(standby->reaches(LeadershipState::leading)));
    EXPECT_LE(tries(*standby), before + 1);
    EXPECT_EQ(standby->grant()->change.from_instance, "command");
    EXPECT_EQ(standby->grant()->change.reason, "leader gone");
    end(*standby);
}

}  // namespace
}  // namespace baton::lease
