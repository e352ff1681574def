// Every state that two instances and a v1.11.0 can get into, with decide() at the wheel of the instances:
// each statement of each of them, each look that is old by the time that it is acted on, each death, cut
// session, restart and orderly end, in every order. The next step is taken from what was seen, never
// from what is true.

#include "baton/model/leadership_decision.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <iostream>
#include <string>
#include <unordered_map>
#include <vector>

namespace baton::model {

namespace {

/// Who holds something. `old_v1` is a v1 that died: only its row remains.
enum Who : std::uint8_t { nobody, first, second, v1, old_v1 };

struct Instance {
    bool runs = true;
    /// One of its sessions is gone on the server, with the lock that it held. The instance does not know yet.
    bool broken = false;
    // What the instance knows.
    bool connected = false;
    bool watch_held = false;
    bool lease_held = false;
    /// Between a look and the step that follows from it, anybody else may do something.
    bool looked = false;
    LeaseView seen{};
    Who seen_owner = nobody;
    bool advisory_held = false;
    bool advisory_given_back = false;
    bool leading = false;
};

struct World {
    Who watch = nobody;
    Who advisory = nobody;
    Who lease = nobody;
    bool lease_expired = true;
    /// Whose token the row of leadership has.
    Who epoch = nobody;
    bool v1_runs = false;
    bool v1_has_lease = false;
    bool v1_has_advisory = false;
    std::array<Instance, 2> instances{};
};

class Packer {
  public:
    void add(unsigned value, unsigned bits) { word_ = word_ << bits | value; }
    std::uint64_t word() const { return word_; }

  private:
    std::uint64_t word_ = 0;
};

std::uint64_t pack(const World& world) {
    Packer packer;
    packer.add(world.watch, 2);
    packer.add(world.advisory, 2);
    packer.add(world.lease, 3);
    packer.add(world.lease_expired, 1);
    packer.add(world.epoch, 2);
    packer.add(world.v1_runs, 1);
    packer.add(world.v1_has_lease, 1);
    packer.add(world.v1_has_advisory, 1);
    for (const auto& one : world.instances) {
        packer.add(one.runs, 1);
        packer.add(one.broken, 1);
        packer.add(one.connected, 1);
        packer.add(one.looked, 1);
        packer.add(one.watch_held, 1);
        packer.add(one.lease_held, 1);
        packer.add(static_cast<unsigned>(one.seen.owner), 2);
        packer.add(one.seen.expired, 1);
        packer.add(one.seen.owner_has_sessions, 1);
        packer.add(one.seen_owner, 3);
        packer.add(one.advisory_held, 1);
        packer.add(one.advisory_given_back, 1);
        packer.add(one.leading, 1);
    }
    return packer.word();
}

/// The rules of the world for one pair of locking modes.
class Rules {
  public:
    Rules(LockingMode baton_mode, LockingMode v1_mode) : mode_(baton_mode), v1_mode_(v1_mode) {}

    /// What goes on by itself: statements, answers, time.
    std::vector<World> goes_on(const World& world) const {
        std::vector<World> next;
        for (int i = 0; i < 2; ++i) {
            if (!world.instances[i].runs) continue;
            add(next, world, looks_first(world.instances[i]) ? look(world, i) : act(world, i));
            add(next, world, notice(world, i));
        }
        add(next, world, time_passes(world));
        if (world.v1_runs) add(next, world, v1_turn(world));
        return next;
    }

    /// What strikes from outside.
    std::vector<World> strikes(const World& world) const {
        std::vector<World> next;
        for (int i = 0; i < 2; ++i) {
            add(next, world, world.instances[i].runs ? killed(world, i) : started(world, i));
            if (!world.instances[i].runs) continue;
            add(next, world, cut_watch(world, i));
            add(next, world, cut_lease(world, i));
            add(next, world, cut_advisory(world, i));
            add(next, world, left(world, i));
        }
        add(next, world, world.v1_runs ? v1_killed(world) : v1_started(world));
        if (world.v1_has_advisory && world.advisory == v1) {
            World lost = world;
            lost.advisory = nobody;
            add(next, world, lost);
        }
        return next;
    }

    bool passes_fence(const World& world, int i) const {
        return world.epoch == name(i) && world.instances[i].leading &&
               (!uses_lease(mode_) || world.lease == name(i)) &&
               (!uses_advisory_lock(mode_) || world.advisory == name(i));
    }
    /// Holds what its mode asks for.
    bool v1_leads(const World& world) const {
        if (!world.v1_runs) return false;
        return (!uses_lease(v1_mode_) || (world.v1_has_lease && world.lease == v1)) &&
               (!uses_advisory_lock(v1_mode_) || (world.v1_has_advisory && world.advisory == v1));
    }
    static LeadershipView view(const Instance& one, LockingMode mode) {
        LeadershipView view;
        view.mode = mode;
        view.connected = one.connected;
        view.own_schema = true;
        view.watch_held = one.watch_held;
        view.lease = one.seen;
        if (one.lease_held) view.lease = LeaseView{LeaseOwner::self, false, false};
        view.advisory_held = one.advisory_held;
        view.advisory_given_back = one.advisory_given_back;
        view.leading = one.leading;
        return view;
    }
    static Who name(int i) { return i == 0 ? first : second; }

  private:
    static void add(std::vector<World>& next, const World& before, const World& after) {
        if (pack(before) != pack(after)) next.push_back(after);
    }

    /// Only the rows and locks that the next step can depend on are looked at.
    bool looks_first(const Instance& one) const {
        const bool may_look = one.connected && one.watch_held && !one.leading && !one.looked;
        return may_look && ((uses_lease(mode_) && !one.lease_held) || one.advisory_given_back);
    }
    World look(World world, int i) const {
        auto& one = world.instances[i];
        one.looked = true;
        if (uses_lease(mode_) && !one.lease_held) {
            one.seen_owner = world.lease;
            one.seen.owner = world.lease == nobody ? LeaseOwner::nobody
                             : world.lease >= v1   ? LeaseOwner::v1
                                                   : LeaseOwner::baton;
            one.seen.expired = world.lease_expired;
            one.seen.owner_has_sessions = !world.lease_expired && world.lease == v1 && world.v1_runs;
            // Who owned a row that ran out makes no difference to what follows.
            if (one.seen.expired) one.seen = LeaseView{LeaseOwner::v1, true, false};
            if (one.seen.expired) one.seen_owner = nobody;
        }
        if (world.advisory != nobody && world.advisory != name(i)) one.advisory_given_back = false;
        return world;
    }

    World act(World world, int i) const {
        auto& one = world.instances[i];
        const auto step = decide(view(one, mode_));
        const auto also_from =
            one.seen.owner != LeaseOwner::v1 || !one.seen.expired ? one.seen_owner : nobody;
        one.looked = false;
        one.seen = {};
        one.seen_owner = nobody;
        switch (step) {
            case LeadershipStep::connect:
                world = given_back(world, i);
                world.instances[i].connected = true;
                return world;
            case LeadershipStep::wait_for_watch:
                if (world.watch == nobody && !one.broken) {
                    world.watch = name(i);
                    one.watch_held = true;
                }
                return world;
            case LeadershipStep::take_lease:
                return lease_taken(world, i, also_from);
            case LeadershipStep::wait_for_advisory:
                if (world.advisory == nobody && !one.broken) {
                    world.advisory = name(i);
                    one.advisory_held = true;
                    one.advisory_given_back = false;
                }
                return world;
            case LeadershipStep::give_advisory_back:
                if (world.advisory == name(i)) world.advisory = nobody;
                one.advisory_held = false;
                one.advisory_given_back = true;
                return world;
            case LeadershipStep::take_over:
                return taken_over(world, i);
            case LeadershipStep::hand_over:
            case LeadershipStep::step_down:
            case LeadershipStep::give_all_back:
                return given_back(world, i);
            case LeadershipStep::release:
            case LeadershipStep::stop:
                return killed(world, i);
            case LeadershipStep::create_own_schema:
            case LeadershipStep::wait_for_lease:
            case LeadershipStep::lead:
                return world;
        }
        return world;
    }

    World lease_taken(World world, int i, Who also_from) const {
        const bool taken = world.lease == nobody || world.lease == name(i) || world.lease_expired ||
                           world.lease == also_from;
        if (!taken) return world;
        world.lease = name(i);
        world.lease_expired = false;
        world.instances[i].lease_held = true;
        world.instances[i].advisory_given_back = false;
        return world;
    }

    /// The function in the database checks everything again, on the watch session.
    World taken_over(World world, int i) const {
        const bool all = world.watch == name(i) && (!uses_lease(mode_) || world.lease == name(i)) &&
                         (!uses_advisory_lock(mode_) || world.advisory == name(i));
        if (!all) return given_back(world, i);
        world.epoch = name(i);
        world.instances[i].leading = true;
        return world;
    }

    /// Locks go, what is known goes, sessions are opened anew by the next step.
    World given_back(World world, int i) const {
        if (world.advisory == name(i)) world.advisory = nobody;
        if (world.lease == name(i) && world.instances[i].lease_held) world.lease_expired = true;
        if (world.watch == name(i)) world.watch = nobody;
        world.instances[i] = Instance{};
        return world;
    }

    /// A keeper's statement fails, or the fence says that something is gone.
    World notice(World world, int i) const {
        auto& one = world.instances[i];
        if (!one.connected) return world;
        const bool lease = !one.lease_held || world.lease == name(i);
        const bool epoch = !one.leading || passes_fence(world, i);
        if (!one.broken && lease && epoch) return world;
        // What it saw before is of no use any more: all that follows is to give back and begin anew.
        one.connected = false;
        one.looked = false;
        one.seen = {};
        one.seen_owner = nobody;
        one.advisory_given_back = false;
        return world;
    }

    /// Rows of those that do not refresh them run out.
    World time_passes(World world) const {
        const auto& owner = world.instances[world.lease == second];
        const bool of_baton = world.lease == first || world.lease == second;
        const bool refreshed =
            (world.lease == v1 && world.v1_runs) || (of_baton && owner.lease_held && !owner.broken);
        if (!refreshed && world.lease != nobody) world.lease_expired = true;
        return world;
    }

    World killed(World world, int i) const {
        if (world.advisory == name(i)) world.advisory = nobody;
        if (world.watch == name(i)) world.watch = nobody;
        world.instances[i] = Instance{};
        world.instances[i].runs = false;
        return world;
    }
    /// As a new process: its former row is that of a Baton that is gone, which is what look() makes of one's
    /// own.
    World started(World world, int i) const {
        world.instances[i] = Instance{};
        return world;
    }
    /// In order, from wherever it is: services ended, advisory lock, lease, watch lock, process.
    World left(World world, int i) const { return killed(given_back(world, i), i); }
    World cut_watch(World world, int i) const {
        if (!world.instances[i].connected) return world;
        if (world.watch == name(i)) world.watch = nobody;
        world.instances[i].broken = true;
        return world;
    }
    World cut_lease(World world, int i) const {
        world.instances[i].broken |= world.instances[i].connected;
        return world;
    }
    World cut_advisory(World world, int i) const {
        if (!world.instances[i].connected) return world;
        if (world.advisory == name(i)) world.advisory = nobody;
        world.instances[i].broken = true;
        return world;
    }

    World v1_turn(World world) const {
        if (uses_lease(v1_mode_)) {
            const bool mine_or_free = world.lease == v1 || world.lease == nobody || world.lease_expired;
            if (!mine_or_free)
                return world.v1_has_lease ? v1_killed(world)
                                          : world;  // it exits when it finds the lease taken
            if (!world.v1_has_lease || world.lease != v1 || world.lease_expired) {
                world.lease = v1;
                world.lease_expired = false;
                world.v1_has_lease = true;
                return world;
            }
        }
        if (uses_advisory_lock(v1_mode_) && world.advisory != v1) {
            if (world.advisory == nobody) {
                world.advisory = v1;
                world.v1_has_advisory = true;
            } else if (world.v1_has_advisory) {
                return v1_killed(world);  // it lost the session, tried again, and somebody else has the lock
            }
        }
        return world;
    }
    World v1_killed(World world) const {
        if (world.advisory == v1) world.advisory = nobody;
        if (world.lease == v1) world.lease = old_v1;
        world.v1_runs = world.v1_has_lease = world.v1_has_advisory = false;
        return world;
    }
    World v1_started(World world) const {
        world.v1_runs = true;
        return world;
    }

    LockingMode mode_;
    LockingMode v1_mode_;
};

struct Modes {
    const char* name;
    LockingMode baton;
    LockingMode v1;
};

class Exploration : public ::testing::TestWithParam<Modes> {
  protected:
    /// All states that can be reached, with the states from which each is reached without anything striking.
    void explore(const Rules& rules) {
        find(World{});
        for (std::size_t at = 0; at < states_.size(); ++at) {
            const World world = states_[at];
            for (const auto& next : rules.goes_on(world)) {
                const auto to = find(next);
                comes_from_[to].push_back(static_cast<std::uint32_t>(at));
            }
            for (const auto& next : rules.strikes(world))
                find(next);
        }
    }
    std::uint32_t find(const World& world) {
        const auto [found, is_new] =
            index_.try_emplace(pack(world), static_cast<std::uint32_t>(states_.size()));
        if (is_new) {
            states_.push_back(world);
            comes_from_.emplace_back();
        }
        return found->second;
    }
    /// Marks every state from which one of `goals` can be reached when nothing strikes any more.
    std::vector<bool> leads_to(const std::vector<std::uint32_t>& goals) const {
        std::vector<bool> marked(states_.size());
        std::deque<std::uint32_t> queue(goals.begin(), goals.end());
        for (const auto goal : goals)
            marked[goal] = true;
        while (!queue.empty()) {
            const auto at = queue.front();
            queue.pop_front();
            for (const auto from : comes_from_[at]) {
                if (marked[from]) continue;
                marked[from] = true;
                queue.push_back(from);
            }
        }
        return marked;
    }

    std::vector<World> states_;
    std::vector<std::vector<std::uint32_t>> comes_from_;
    std::unordered_map<std::uint64_t, std::uint32_t> index_;
};
INSTANTIATE_TEST_SUITE_P(
    Leadership, Exploration,
    ::testing::Values(Modes{"dual", LockingMode::dual, LockingMode::dual},
                      Modes{"dualNextToV1InLease", LockingMode::dual, LockingMode::lease},
                      Modes{"dualNextToV1InAdvisorylock", LockingMode::dual, LockingMode::advisorylock},
                      Modes{"lease", LockingMode::lease, LockingMode::lease},
                      Modes{"advisorylock", LockingMode::advisorylock, LockingMode::advisorylock}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(Exploration, NobodyActsBesideTheLeaderAndNobodyWaitsForEver) {
    const Rules rules(GetParam().baton, GetParam().v1);
    explore(rules);
    std::vector<std::uint32_t> led;
    int beside = 0;
    int out_of_order = 0;
    for (std::uint32_t at = 0; at < states_.size(); ++at) {
        const World& world = states_[at];
        const int batons = rules.passes_fence(world, 0) + rules.passes_fence(world, 1);
        const int leaders = batons + rules.v1_leads(world);
        if (leaders > 1) ++beside;
        if (leaders == 1) led.push_back(at);
        for (int i = 0; i < 2; ++i) {
            const auto who = Rules::name(i);
            const bool others = world.advisory == who || world.instances[i].lease_held;
            if (others && !world.instances[i].broken && world.watch != who) ++out_of_order;
        }
    }
    EXPECT_EQ(beside, 0) << "two leaders could write";
    EXPECT_EQ(out_of_order, 0)
        << "an instance holds lease or advisory lock beside somebody else's watch lock";

    const auto reached = leads_to(led);
    int stuck = 0;
    for (std::size_t at = 0; at < states_.size(); ++at) {
        const World& world = states_[at];
        if (!world.instances[0].runs && !world.instances[1].runs && !world.v1_runs) continue;
        if (!reached[at]) ++stuck;
    }
    EXPECT_EQ(stuck, 0) << "states without a way to a leader";
    std::cout << states_.size() << " states\n";
    EXPECT_GT(states_.size(), 1000u) << "the exploration ended early";
}

}  // namespace

}  // namespace baton::model
