#include "baton/model/leadership_decision.hpp"

#include <gtest/gtest.h>

namespace baton::model {

namespace {

using Step = LeadershipStep;

/// The holder of the watch lock, with everything open and nothing else held.
LeadershipView holder(LockingMode mode) {
    LeadershipView view;
    view.mode = mode;
    view.connected = true;
    view.own_schema = true;
    view.watch_held = true;
    return view;
}

LeaseView lease_of(LeaseOwner owner, bool expired = false, bool alive = false) {
    return LeaseView{owner, expired, alive};
}

TEST(LeadershipDecision, NothingIsTouchedBeforeTheWatchLock) {
    for (const auto mode :
         {LockingMode::dual, LockingMode::lease, LockingMode::advisorylock, LockingMode::none}) {
        auto view = holder(mode);
        view.watch_held = false;
        EXPECT_EQ(decide(view), Step::wait_for_watch);
        view.connected = false;
        EXPECT_EQ(decide(view), Step::connect);
    }
}

TEST(LeadershipDecision, TakesInTheOrderWatchLeaseAdvisory) {
    auto view = holder(LockingMode::dual);
    EXPECT_EQ(decide(view), Step::take_lease);
    view.lease = lease_of(LeaseOwner::self);
    EXPECT_EQ(decide(view), Step::wait_for_advisory);
    view.advisory_held = true;
    EXPECT_EQ(decide(view), Step::take_over);
    view.leading = true;
    EXPECT_EQ(decide(view), Step::lead);
}

TEST(LeadershipDecision, EachModeTakesItsOwnLocksOnly) {
    EXPECT_EQ(decide(holder(LockingMode::none)), Step::take_over);
    EXPECT_EQ(decide(holder(LockingMode::advisorylock)), Step::wait_for_advisory);
    auto lease = holder(LockingMode::lease);
    lease.lease = lease_of(LeaseOwner::self);
    EXPECT_EQ(decide(lease), Step::take_over);
    auto advisory = holder(LockingMode::advisorylock);
    advisory.advisory_held = true;
    EXPECT_EQ(decide(advisory), Step::take_over);
}

TEST(LeadershipDecision, TheOwnSchemaComesBeforeAnyLockOfV1) {
    auto view = holder(LockingMode::dual);
    view.own_schema = false;
    view.lease = lease_of(LeaseOwner::v1);
    EXPECT_EQ(decide(view), Step::create_own_schema);
}

TEST(LeadershipDecision, ABatonsLeaseIsTakenAtOnceAndAV1sWhenItRanOut) {
    auto view = holder(LockingMode::lease);
    view.lease = lease_of(LeaseOwner::baton);
    EXPECT_EQ(decide(view), Step::take_lease);
    view.lease = lease_of(LeaseOwner::v1, true);
    EXPECT_EQ(decide(view), Step::take_lease);
    view.lease = lease_of(LeaseOwner::v1, false, false);
    EXPECT_EQ(decide(view), Step::wait_for_lease)
        << "in mode lease a dead v1 cannot be told from a silent one";
}

TEST(LeadershipDecision, InDualTheAdvisoryLockProvesThatAV1IsDead) {
    auto view = holder(LockingMode::dual);
    view.lease = lease_of(LeaseOwner::v1, false, true);
    EXPECT_EQ(decide(view), Step::wait_for_advisory);
    view.advisory_held = true;
    EXPECT_EQ(decide(view), Step::give_advisory_back) << "it lives";
    view.lease.owner_has_sessions = false;
    EXPECT_EQ(decide(view), Step::take_lease) << "it does not";
}

TEST(LeadershipDecision, AnAdvisoryLockGivenBackIsNotTouchedWhileTheV1MayTryIt) {
    auto view = holder(LockingMode::dual);
    view.lease = lease_of(LeaseOwner::v1, false, true);
    view.advisory_given_back = true;
    EXPECT_EQ(decide(view), Step::wait_for_lease);
    auto another_holder = view;
    another_holder.advisory_given_back = false;
    EXPECT_EQ(decide(another_holder), Step::wait_for_advisory);
    auto dead = view;
    dead.lease.owner_has_sessions = false;
    EXPECT_EQ(decide(dead), Step::wait_for_advisory);
    auto expired = view;
    expired.lease.expired = true;
    EXPECT_EQ(decide(expired), Step::take_lease);
}

TEST(LeadershipDecision, AThirdInstanceThatGotTheRowIsSteppedBackFrom) {
    auto view = holder(LockingMode::dual);
    view.advisory_held = true;
    view.lease = lease_of(LeaseOwner::v1, false, true);
    EXPECT_EQ(decide(view), Step::give_advisory_back);
}

TEST(LeadershipDecision, WhoLosesTheWatchLockGivesTheOthersBack) {
    auto view = holder(LockingMode::dual);
    view.watch_held = false;
    view.advisory_held = true;
    EXPECT_EQ(decide(view), Step::give_all_back);
    view.advisory_held = false;
    view.lease = lease_of(LeaseOwner::self);
    EXPECT_EQ(decide(view), Step::give_all_back);
}

TEST(LeadershipDecision, ALeaderThatMissesAnythingStepsDown) {
    auto leading = holder(LockingMode::dual);
    leading.lease = lease_of(LeaseOwner::self);
    leading.advisory_held = true;
    leading.leading = true;
    ASSERT_EQ(decide(leading), Step::lead);
    auto view = leading;
    view.connected = false;
    EXPECT_EQ(decide(view), Step::step_down);
    view = leading;
    view.watch_held = false;
    EXPECT_EQ(decide(view), Step::step_down);
    view = leading;
    view.lease = lease_of(LeaseOwner::v1);
    EXPECT_EQ(decide(view), Step::step_down);
    view = leading;
    view.advisory_held = false;
    EXPECT_EQ(decide(view), Step::step_down);
    view = leading;
    view.epoch_over = true;
    EXPECT_EQ(decide(view), Step::step_down);
}

TEST(LeadershipDecision, ReleaseDrainsWhatIsHeldAndThenStops) {
    auto view = holder(LockingMode::lease);
    view.release_requested = true;
    EXPECT_EQ(decide(view), Step::release);
    view.watch_held = false;
    EXPECT_EQ(decide(view), Step::stop);
    view.leading = true;
    view.connected = false;
    EXPECT_EQ(decide(view), Step::release) << "services have to end even when all locks are gone";
}

TEST(LeadershipDecision, AHandoverIsForALeaderWhoseEpochIsGood) {
    auto view = holder(LockingMode::dual);
    view.handover_requested = true;
    EXPECT_EQ(decide(view), decide(holder(LockingMode::dual))) << "asked of a standby it means nothing";
    view.leading = true;
    EXPECT_EQ(decide(view), Step::hand_over);
    view.epoch_over = true;
    EXPECT_EQ(decide(view), Step::step_down);
    view.release_requested = true;
    EXPECT_EQ(decide(view), Step::release);
}

TEST(LeadershipDecision, TellsWhyItTookOver) {
    const Uuid self{{{1}}};
    const Uuid other{{{2}}};
    FormerLeader former;
    EXPECT_EQ(takeover_reason(former, self), "first start");
    former.client_id = self;
    EXPECT_EQ(takeover_reason(former, self), "own locks lost");
    former.client_id = other;
    EXPECT_EQ(takeover_reason(former, self), "leader gone");
    former.state = LeadershipState::leading;
    EXPECT_EQ(takeover_reason(former, self), "leader gone");
    former.state = LeadershipState::draining;
    EXPECT_EQ(takeover_reason(former, self), "leader gone") << "it died while it drained";
    former.state = LeadershipState::stopped;
    EXPECT_EQ(takeover_reason(former, self), "handover");
    former.was_v1 = true;
    EXPECT_EQ(takeover_reason(former, self), "v1.11.0 gone");
    former.lease_expired = true;
    EXPECT_EQ(takeover_reason(former, self), "lease expired");
    former.frozen = true;
    EXPECT_EQ(takeover_reason(former, self), "leader frozen");
}

TEST(LeadershipDecision, TheLastQuarterOfTheSuspicionTimeIsMargin) {
    using namespace std::chrono_literals;
    EXPECT_TRUE(heartbeat_is_fresh(1500ms, 2s));
    EXPECT_FALSE(heartbeat_is_fresh(1500ms + 1ns, 2s));
}

TEST(LeadershipDecision, WhatIsSentEndsBeforeAStandbyMaySuspect) {
    using namespace std::chrono_literals;
    EXPECT_EQ(time_left_to_send(0ms, 2s), 1875ms);
    EXPECT_EQ(time_left_to_send(1500ms, 2s), 375ms) << "begun at the last moment";
    EXPECT_LT(time_left_to_send(2s, 2s), 0ms);
}

}  // namespace

}  // namespace baton::model
