#include "baton/lease/presence.hpp"

#include "baton/lease/lease_testing.hpp"
#include "baton/lease/schemas.hpp"
#include "testing/clock.hpp"

#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;
using model::LeadershipState;

/// A leader, and the presence of a standby whose clock stands still until a test moves it.
class PresenceTest : public LeaseTest {
  protected:
    void SetUp() override {
        LeaseTest::SetUp();
        if (IsSkipped()) return;
        leader_ = node("a", model::LockingMode::dual);
        leader_->start();
        ASSERT_TRUE(run(leader_->reaches(LeadershipState::leading)));
        const auto settings = settings_for(database().session_options(), "b", model::LockingMode::dual);
        LockSession session(loop().executor(), "test");
        const LockSessionLimits limits{settings.lease_duration, settings.suspect_after};
        run(session.open(settings.session, limits, soon()));
        pool_.emplace(loop().executor(), settings.session, 4, 4);
        presence_.emplace(
            loop().executor(), *pool_, settings, clock_, [](const std::string& why) { FAIL() << why; },
            Logger(log_, "b"));
        presence_->set_names(run(find_schemas(session, 10s)).names);
        tasks_.emplace(loop().executor());
        tasks_->spawn("presence", presence_->run());
        ASSERT_TRUE(becomes("select count(*) from baton.instances where name = 'b'", "1"));
    }
    void TearDown() override {
        if (tasks_) {
            run(presence_->finish(LeadershipState::stopped, 5s));
            run(tasks_->stop());
        }
        if (leader_) end(*leader_);
    }
    /// How often it has said whom it waits for, once everything is said that is due now.
    std::size_t said() {
        // What is due is said behind a write, and before the next one.
        for (int turns = 0; turns < 2; ++turns) {
            presence_->set_state(state_);
            run(presence_->written(10s));
        }
        return log_->with("standby: waiting for a (http://a), leading since 20").size();
    }

    test::ManualClock clock_;
    LeadershipState state_ = LeadershipState::standby;
    std::unique_ptr<Node> leader_;
    std::shared_ptr<test::RecordingSink> log_ = std::make_shared<test::RecordingSink>();
    std::optional<pg::Pool> pool_;
    std::optional<Presence> presence_;
    std::optional<async::TaskGroup> tasks_;
};

TEST_F(PresenceTest, AStandbySaysWhomItWaitsForWhenItBeginsAndOnceAMinute) {
    EXPECT_EQ(said(), 0U) << "it does not wait yet";
    presence_->announce_wait();
    EXPECT_EQ(said(), 1U);
    clock_.advance(59s);
    EXPECT_EQ(said(), 1U);
    clock_.advance(1s);
    EXPECT_EQ(said(), 2U);
    EXPECT_EQ(said(), 2U);
    clock_.advance(10min);
    EXPECT_EQ(said(), 3U) << "what was missed is not made up for";
    presence_->announce_wait();
    EXPECT_EQ(said(), 4U) << "a new wait begins";
}

TEST_F(PresenceTest, OfAV1ItSaysSinceWhenItIsConnected) {
    end(*leader_);
    leader_.reset();
    auto options = database().session_options();
    options.application_name = "Chainlink 1.11.0 |App|72657a37-0000-4000-8000-000000000000";
    const auto v1 = run(pg::Connection::open(options, soon()));
    run(v1->query("select pg_advisory_lock(1027321974924625846)", soon()));
    presence_->announce_wait();
    said();
    EXPECT_EQ(log_->with("standby: waiting for a Chainlink v1.11.0 (client id "
                         "72657a37-0000-4000-8000-000000000000), connected since 20")
                  .size(),
              1U);
}

TEST_F(PresenceTest, OneThatDoesNotStandByIsSilent) {
    presence_->announce_wait();
    ASSERT_EQ(said(), 1U);
    state_ = LeadershipState::leading;
    clock_.advance(1h);
    EXPECT_EQ(said(), 1U);
    state_ = LeadershipState::standby;
    EXPECT_EQ(said(), 2U);
}

}  // namespace

}  // namespace baton::lease
