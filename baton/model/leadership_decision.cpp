#include "baton/model/leadership_decision.hpp"

#include "baton/model/enum_names.hpp"

namespace baton::model {

namespace {

constexpr EnumNames<LeadershipStep, 14> steps{
    "leadership step",
    {{{LeadershipStep::connect, "connect"},
      {LeadershipStep::wait_for_watch, "wait for watch lock"},
      {LeadershipStep::create_own_schema, "create own schema"},
      {LeadershipStep::take_lease, "take lease"},
      {LeadershipStep::wait_for_lease, "wait for lease"},
      {LeadershipStep::wait_for_advisory, "wait for advisory lock"},
      {LeadershipStep::give_advisory_back, "give advisory lock back"},
      {LeadershipStep::give_all_back, "give all back"},
      {LeadershipStep::take_over, "take over"},
      {LeadershipStep::lead, "lead"},
      {LeadershipStep::hand_over, "hand over"},
      {LeadershipStep::step_down, "step down"},
      {LeadershipStep::release, "release"},
      {LeadershipStep::stop, "stop"}}}};

bool lease_held(const LeadershipView& view) {
    return uses_lease(view.mode) && view.lease.owner == LeaseOwner::self;
}
bool advisory_held(const LeadershipView& view) {
    return uses_advisory_lock(view.mode) && view.advisory_held;
}

bool every_lock_held(const LeadershipView& view) {
    return view.connected && view.watch_held && (!uses_lease(view.mode) || lease_held(view)) &&
           (!uses_advisory_lock(view.mode) || advisory_held(view));
}

/// The row may be taken at once. A Baton's always: the fence makes its former holder harmless. A v1's when it
/// ran out.
bool lease_is_free(const LeaseView& lease) {
    return lease.owner != LeaseOwner::v1 || lease.expired;
}

/// A v1 owns the row and its time is not over. In `dual` it also holds the advisory lock, if it leads; so
/// getting that lock proves that it lost its session, and that it is dead if it has no other session either.
LeadershipStep wait_for_v1(const LeadershipView& view) {
    if (view.mode != LockingMode::dual) return LeadershipStep::wait_for_lease;
    if (view.advisory_held) {
        return view.lease.owner_has_sessions ? LeadershipStep::give_advisory_back
                                             : LeadershipStep::take_lease;
    }
    // It is alive, starting or reconnecting, and about to try the lock: queueing for it again would win
    // against each of its tries.
    if (view.advisory_given_back && view.lease.owner_has_sessions) return LeadershipStep::wait_for_lease;
    return LeadershipStep::wait_for_advisory;
}

}  // namespace

std::string to_string(LeadershipStep step) {
    return steps.name(step);
}

bool uses_lease(LockingMode mode) {
    return mode == LockingMode::dual || mode == LockingMode::lease;
}
bool uses_advisory_lock(LockingMode mode) {
    return mode == LockingMode::dual || mode == LockingMode::advisorylock;
}

LeadershipStep decide(const LeadershipView& view) {
    const bool holds_something = view.watch_held || lease_held(view) || advisory_held(view);
    if (view.release_requested) {
        return view.leading || holds_something ? LeadershipStep::release : LeadershipStep::stop;
    }
    if (view.leading && view.handover_requested && !view.epoch_over) return LeadershipStep::hand_over;
    if (view.leading) {
        return every_lock_held(view) && !view.epoch_over ? LeadershipStep::lead : LeadershipStep::step_down;
    }
    if (!view.connected) return LeadershipStep::connect;
    if (!view.watch_held) {
        return holds_something ? LeadershipStep::give_all_back : LeadershipStep::wait_for_watch;
    }
    if (!view.own_schema) return LeadershipStep::create_own_schema;
    if (uses_lease(view.mode) && !lease_held(view)) {
        return lease_is_free(view.lease) ? LeadershipStep::take_lease : wait_for_v1(view);
    }
    if (uses_advisory_lock(view.mode) && !view.advisory_held) return LeadershipStep::wait_for_advisory;
    return LeadershipStep::take_over;
}

std::string takeover_reason(const FormerLeader& former, const Uuid& self) {
    if (former.frozen) return "leader frozen";
    if (former.was_v1) return former.lease_expired ? "lease expired" : "v1.11.0 gone";
    if (!former.client_id) return "first start";
    if (*former.client_id == self) return "own locks lost";
    if (!former.state) return "leader gone";
    switch (*former.state) {
        case LeadershipState::standby:
        case LeadershipState::stopped:
            return "handover";
        case LeadershipState::starting:
        case LeadershipState::taking:
        case LeadershipState::leading:
        case LeadershipState::draining:
            break;
    }
    return "leader gone";
}

bool heartbeat_is_fresh(std::chrono::nanoseconds since_sent, std::chrono::nanoseconds suspect_after) {
    return since_sent <= suspect_after - suspect_after / 4;
}

std::chrono::nanoseconds time_left_to_send(std::chrono::nanoseconds since_sent,
                                           std::chrono::nanoseconds suspect_after) {
    // A standby adds up its looks until this much of the suspicion time (Suspicion::frozen), the first of
    // which comes after the heartbeat.
    return suspect_after - suspect_after / 16 - since_sent;
}

}  // namespace baton::model
