#include "baton/lease/lease.hpp"

#include "baton/lease/lease_testing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;
using model::LeadershipState;
using model::LockingMode;
using ::testing::ElementsAre;

class EachMode : public LeaseTest, public ::testing::WithParamInterface<LockingMode> {};
INSTANTIATE_TEST_SUITE_P(Lease, EachMode,
                         ::testing::Values(LockingMode::dual, LockingMode::lease, LockingMode::advisorylock, LockingMode::none),
                         [](const auto& tested) { return model::to_string(tested.param); });

TEST_P(EachMode, FirstInstanceOnAnEmptyDatabaseLeads) {
    const auto a = node("a", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    EXPECT_TRUE(a->leadership().may_act());
    EXPECT_EQ(a->grant()->fence.epoch, 1);
    EXPECT_EQ(a->grant()->change.reason, "first start");
    EXPECT_EQ(database().value("select instance from baton.leadership"), "a");
    EXPECT_EQ(database().value("select count(*) from baton.leadership_log"), "1");
    EXPECT_THAT(a->events(), ElementsAre("starting -> standby", "standby -> taking", "prepare", "lead 1", "taking -> leading"));
    end(*a);
    EXPECT_EQ(database().value("select state from baton.instances where name = 'a'"), "stopped");
    EXPECT_EQ(database().value("select count(*) from pg_locks where locktype = 'advisory' and database = "
                               "(select oid from pg_database where datname = current_database())"),
              "0");
}

}  // namespace

}  // namespace baton::lease
