#pragma once

// Every state that instances of Baton and a v1.11.0 can get into, with a rule like decide() at the wheel of
// the instances: each statement of each of them, each look that is old by the time that it is acted on, each
// death, freeze, cut session, restart of the database, step of its clock and orderly end, in every order. The
// next step is taken from what was seen, never from what is true.

#include "baton/model/leadership_decision.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace baton::model::exploration {

/// Who holds something. `old_v1` is a v1 that died: only its row remains.
enum Who : std::uint8_t { nobody, first, second, third, v1, old_v1 };
inline constexpr int most_instances = 3;

struct Instance {
    bool runs = true;
    /// Stopped in its tracks; what it holds stays with its sessions until somebody ends those.
    bool frozen = false;
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
    bool v1_frozen = false;
    /// Its sessions were ended while it was frozen.
    bool v1_cut = false;
    bool v1_has_lease = false;
    bool v1_has_advisory = false;
    std::array<Instance, most_instances> instances{};
};

/// A state in as few bits as it has, for the table of those that were seen.
struct Packed {
    std::uint64_t world = 0;
    std::uint64_t instances = 0;
    bool operator==(const Packed&) const = default;
};
struct PackedHash {
    std::size_t operator()(const Packed& packed) const {
        return (packed.instances * 0x9e3779b97f4a7c15u) ^ (packed.world * 0xc2b2ae3d27d4eb4fu >> 7);
    }
};

inline std::uint64_t pack(const Instance& one) {
    std::uint64_t word = 0;
    const auto add = [&word](unsigned value, unsigned bits) { word = word << bits | value; };
    add(one.runs, 1);
    add(one.frozen, 1);
    add(one.broken, 1);
    add(one.connected, 1);
    add(one.looked, 1);
    add(one.watch_held, 1);
    add(one.lease_held, 1);
    add(static_cast<unsigned>(one.seen.owner), 2);
    add(one.seen.expired, 1);
    add(one.seen.owner_has_sessions, 1);
    add(one.seen_owner, 3);
    add(one.advisory_held, 1);
    add(one.advisory_given_back, 1);
    add(one.leading, 1);
    return word;
}

inline Packed pack(const World& world) {
    Packed packed;
    const auto add = [&packed](unsigned value, unsigned bits) {
        packed.world = packed.world << bits | value;
    };
    add(world.watch, 3);
    add(world.advisory, 3);
    add(world.lease, 3);
    add(world.lease_expired, 1);
    add(world.epoch, 3);
    add(world.v1_runs, 1);
    add(world.v1_frozen, 1);
    add(world.v1_cut, 1);
    add(world.v1_has_lease, 1);
    add(world.v1_has_advisory, 1);
    for (const auto& one : world.instances)
        packed.instances = packed.instances << 17 | pack(one);
    return packed;
}

/// Instances are alike: of the states that differ only in their names, one stands for all.
inline World with_names_in_order(const World& world, int instances) {
    std::array<int, most_instances> order{0, 1, 2};
    const auto key = [&world](int i) {
        const auto who = static_cast<Who>(first + i);
        const unsigned holds = (world.watch == who) | (world.advisory == who) << 1 |
                               (world.lease == who) << 2 | (world.epoch == who) << 3;
        Instance nameless = world.instances[i];
        nameless.seen_owner = nobody;
        return pack(nameless) << 4 | holds;
    };
    std::stable_sort(order.begin(), order.begin() + instances, [&](int a, int b) { return key(a) < key(b); });
    std::array<Who, 6> renamed{nobody, first, second, third, v1, old_v1};
    for (int i = 0; i < instances; ++i)
        renamed[first + order[i]] = static_cast<Who>(first + i);
    World same = world;
    same.watch = renamed[world.watch];
    same.advisory = renamed[world.advisory];
    same.lease = renamed[world.lease];
    same.epoch = renamed[world.epoch];
    for (int i = 0; i < instances; ++i) {
        same.instances[i] = world.instances[order[i]];
        same.instances[i].seen_owner = renamed[same.instances[i].seen_owner];
    }
    return same;
}

/// What is explored: so many instances of Baton in one mode, and a v1 in another (`none`: no v1 at all).
struct Setting {
    LockingMode baton = LockingMode::dual;
    LockingMode v1 = LockingMode::dual;
    int instances = 2;
    /// The rule under test, and the fence; tests of the test put broken ones here.
    LeadershipStep (*decide)(const LeadershipView&) = &model::decide;
    bool fence_compares = true;
};

/// The rules of the world.
class Rules {
  public:
    explicit Rules(const Setting& setting)
        : setting_(setting), mode_(setting.baton), v1_mode_(setting.v1), count_(setting.instances) {}

    World beginning() const {
        World world;
        for (int i = count_; i < most_instances; ++i)
            world.instances[i].runs = false;
        return world;
    }

    /// What goes on by itself: statements, answers, time.
    std::vector<World> goes_on(const World& world) const {
        std::vector<World> next;
        for (int i = 0; i < count_; ++i) {
            const auto& one = world.instances[i];
            if (!one.runs) continue;
            if (one.frozen) {
                // By whoever waits for it, or by the server's idle limit.
                add(next, world, sessions_ended(world, i));
                continue;
            }
            add(next, world, looks_first(one) ? look(world, i) : act(world, i));
            add(next, world, notice(world, i));
        }
        add(next, world, time_passes(world));
        if (world.lease_expired) add(next, world, lease_refreshed(world));
        if (world.v1_frozen) add(next, world, v1_sessions_ended(world));
        if (world.v1_runs && !world.v1_frozen) add(next, world, v1_turn(world));
        return next;
    }

    /// What strikes from outside.
    std::vector<World> strikes(const World& world) const {
        std::vector<World> next;
        for (int i = 0; i < count_; ++i) {
            add(next, world, world.instances[i].runs ? killed(world, i) : started(world, i));
            if (!world.instances[i].runs) continue;
            World frozen = world;
            frozen.instances[i].frozen = !world.instances[i].frozen;
            add(next, world, frozen);
            add(next, world, cut_watch(world, i));
            add(next, world, cut_lease(world, i));
            add(next, world, cut_advisory(world, i));
            if (!world.instances[i].frozen) add(next, world, left(world, i));
        }
        add(next, world, database_restarted(world));
        add(next, world, clock_stepped(world));
        if (v1_mode_ == LockingMode::none) return next;
        add(next, world, world.v1_runs ? v1_killed(world) : v1_started(world));
        if (world.v1_runs) add(next, world, world.v1_frozen ? v1_woken(world) : v1_frozen(world));
        if (world.v1_has_advisory && world.advisory == v1) {
            World lost = world;
            lost.advisory = nobody;
            add(next, world, lost);
        }
        return next;
    }

    bool passes_fence(const World& world, int i) const {
        return (world.epoch == name(i) || !setting_.fence_compares) && world.instances[i].leading &&
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
    static Who name(int i) { return static_cast<Who>(first + i); }
    int count() const { return count_; }

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
            one.seen.owner_has_sessions =
                !world.lease_expired && world.lease == v1 && world.v1_runs && !world.v1_cut;
            // Who owned a row that ran out makes no difference to what follows.
            if (one.seen.expired) one.seen = LeaseView{LeaseOwner::v1, true, false};
            if (one.seen.expired) one.seen_owner = nobody;
        }
        if (world.advisory != nobody && world.advisory != name(i)) one.advisory_given_back = false;
        return world;
    }

    World act(World world, int i) const {
        auto& one = world.instances[i];
        const auto step = setting_.decide(view(one, mode_));
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

    /// Somebody is there who refreshes the row.
    bool is_refreshed(const World& world) const {
        if (world.lease == v1) return world.v1_runs && !world.v1_frozen;
        if (world.lease == nobody || world.lease == old_v1) return false;
        const auto& owner = world.instances[world.lease - first];
        return owner.runs && !owner.frozen && owner.lease_held && !owner.broken;
    }
    /// Rows of those that do not refresh them run out.
    World time_passes(World world) const {
        if (world.lease != nobody && !is_refreshed(world)) world.lease_expired = true;
        return world;
    }
    /// A Baton's next refresh after the clock was put forward; a v1's is part of its turn.
    World lease_refreshed(World world) const {
        if (world.lease != v1 && is_refreshed(world)) world.lease_expired = false;
        return world;
    }
    /// Forward by more than a lease lasts. Backward is time that does not pass.
    World clock_stepped(World world) const {
        if (world.lease != nobody) world.lease_expired = true;
        return world;
    }
    /// Also of one that knows already that something is wrong, and has not given the rest back yet.
    World sessions_ended(World world, int i) const {
        if (world.watch == name(i)) world.watch = nobody;
        if (world.advisory == name(i)) world.advisory = nobody;
        world.instances[i].broken |= world.instances[i].connected;
        return world;
    }
    World database_restarted(World world) const {
        for (int i = 0; i < count_; ++i)
            if (world.instances[i].runs) world = sessions_ended(world, i);
        if (world.advisory == v1) world.advisory = nobody;
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
        world.v1_runs = world.v1_has_lease = world.v1_has_advisory = world.v1_frozen = world.v1_cut = false;
        return world;
    }
    World v1_started(World world) const {
        world.v1_runs = true;
        return world;
    }

    World v1_frozen(World world) const {
        world.v1_frozen = true;
        return world;
    }
    World v1_woken(World world) const {
        world.v1_frozen = world.v1_cut = false;
        return world;
    }
    World v1_sessions_ended(World world) const {
        world.v1_cut = true;
        if (world.advisory == v1) world.advisory = nobody;
        return world;
    }

    Setting setting_;
    LockingMode mode_;
    LockingMode v1_mode_;
    int count_;
};

}  // namespace baton::model::exploration
