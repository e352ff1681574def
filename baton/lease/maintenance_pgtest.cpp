#include "baton/lease/maintenance.hpp"

#include "baton/lease/lease_testing.hpp"
#include "baton/pg/error.hpp"
#include "baton/pg/transaction.hpp"

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

}  // namespace
}  // namespace baton::lease
