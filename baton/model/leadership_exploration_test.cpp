// What is asked of every state that instances of Baton and a v1.11.0 can get into
// (leadership_exploration_testing.hpp): never two who may write (G1), no lock of v1.11.0 taken beside
// somebody else's watch lock, and from everywhere a way to a leader once nothing strikes any more.
//
// Depth: two instances and a v1 with any number of strikes, three instances with `strikes_of_three` of them,
// each at any instant; steps between strikes are not limited.

#include "baton/model/leadership_exploration_testing.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <iostream>
#include <limits>
#include <string>
#include <unordered_map>

namespace baton::model {

namespace {

using namespace exploration;

constexpr int any_number = std::numeric_limits<int>::max();
/// With any number of them there are 1.2 million states, in which nothing else was found: 15 s.
constexpr int strikes_in_dual = 4;
constexpr int strikes_of_three = 3;

struct Verdict {
    std::size_t states = 0;
    int two_leaders = 0;
    int out_of_order = 0;
    int without_a_way = 0;
};

class Exploration {
  public:
    explicit Exploration(const Setting& setting) : rules_(setting) {}

    Verdict explore(int strikes) {
        std::vector<std::uint32_t> layer{find(rules_.beginning()).state};
        walk(&layer);
        for (int strike = 0; strike < strikes && !layer.empty(); ++strike) {
            std::vector<std::uint32_t> struck;
            for (const auto at : layer) {
                for (const auto& next : rules_.strikes(World(states_[at]))) {
                    const auto found = find(next);
                    if (found.is_new) struck.push_back(found.state);
                }
            }
            layer = std::move(struck);
            walk(&layer);
        }
        return judge();
    }

  private:
    struct Found {
        std::uint32_t state = 0;
        bool is_new = false;
    };

    /// Follows what goes on by itself; the states found on the way join the layer.
    void walk(std::vector<std::uint32_t>* layer) {
        for (std::size_t i = 0; i < layer->size(); ++i) {
            const auto at = (*layer)[i];
            for (const auto& next : rules_.goes_on(World(states_[at]))) {
                const auto found = find(next);
                if (found.is_new) layer->push_back(found.state);
                steps_.emplace_back(found.state, at);
            }
        }
    }
    Found find(const World& world) {
        const World same = with_names_in_order(world, rules_.count());
        const auto [found, added] =
            index_.try_emplace(pack(same), static_cast<std::uint32_t>(states_.size()));
        if (added) states_.push_back(same);
        return {found->second, added};
    }

    Verdict judge() {
        Verdict verdict;
        verdict.states = states_.size();
        std::vector<std::uint32_t> led;
        for (std::uint32_t at = 0; at < states_.size(); ++at) {
            const World& world = states_[at];
            int leaders = rules_.v1_leads(world);
            bool acts = leaders > 0 && !world.v1_frozen;
            for (int i = 0; i < rules_.count(); ++i) {
                const bool passes = rules_.passes_fence(world, i);
                leaders += passes;
                acts |= passes && !world.instances[i].frozen;
                verdict.out_of_order += holds_out_of_order(world, i);
            }
            verdict.two_leaders += leaders > 1;
            if (acts) led.push_back(at);
        }
        const auto reached = leads_to(led);
        for (std::size_t at = 0; at < states_.size(); ++at)
            verdict.without_a_way += !reached[at] && somebody_can_act(states_[at]);
        return verdict;
    }
    static bool holds_out_of_order(const World& world, int i) {
        const auto& one = world.instances[i];
        const bool others = world.advisory == Rules::name(i) || one.lease_held;
        // Who knows that something is wrong gives all of it back next.
        return others && one.connected && !one.broken && world.watch != Rules::name(i);
    }
    bool somebody_can_act(const World& world) const {
        bool can = world.v1_runs && !world.v1_frozen;
        for (int i = 0; i < rules_.count(); ++i)
            can |= world.instances[i].runs && !world.instances[i].frozen;
        return can;
    }
    /// Marks every state from which one of `goals` can be reached when nothing strikes any more.
    std::vector<bool> leads_to(const std::vector<std::uint32_t>& goals) {
        std::sort(steps_.begin(), steps_.end());
        std::vector<bool> marked(states_.size());
        std::deque<std::uint32_t> queue(goals.begin(), goals.end());
        for (const auto goal : goals)
            marked[goal] = true;
        while (!queue.empty()) {
            const auto at = queue.front();
            queue.pop_front();
            auto step = std::lower_bound(steps_.begin(), steps_.end(), std::pair(at, std::uint32_t{0}));
            for (; step != steps_.end() && step->first == at; ++step) {
                if (marked[step->second]) continue;
                marked[step->second] = true;
                queue.push_back(step->second);
            }
        }
        return marked;
    }

    Rules rules_;
    std::vector<World> states_;
    /// (to, from) of everything that goes on by itself.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> steps_;
    std::unordered_map<Packed, std::uint32_t, PackedHash> index_;
};

struct Modes {
    const char* name;
    LockingMode baton;
    LockingMode v1;
};

class LeadershipExploration : public ::testing::TestWithParam<Modes> {
  protected:
    static void expect_good(const Setting& setting, int strikes) {
        const auto verdict = Exploration(setting).explore(strikes);
        EXPECT_EQ(verdict.two_leaders, 0) << "two leaders could write";
        EXPECT_EQ(verdict.out_of_order, 0)
            << "an instance holds lease or advisory lock beside somebody else's watch lock";
        EXPECT_EQ(verdict.without_a_way, 0) << "states without a way to a leader";
        std::cout << verdict.states << " states\n";
        EXPECT_GT(verdict.states, 100u) << "the exploration ended early";
    }
};
INSTANTIATE_TEST_SUITE_P(
    Leadership, LeadershipExploration,
    ::testing::Values(Modes{"dual", LockingMode::dual, LockingMode::dual},
                      Modes{"dualNextToV1InLease", LockingMode::dual, LockingMode::lease},
                      Modes{"dualNextToV1InAdvisorylock", LockingMode::dual, LockingMode::advisorylock},
                      Modes{"lease", LockingMode::lease, LockingMode::lease},
                      Modes{"leaseNextToV1InDual", LockingMode::lease, LockingMode::dual},
                      Modes{"advisorylock", LockingMode::advisorylock, LockingMode::advisorylock},
                      Modes{"advisorylockNextToV1InDual", LockingMode::advisorylock, LockingMode::dual},
                      Modes{"none", LockingMode::none, LockingMode::none}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(LeadershipExploration, OfTwoInstancesNobodyActsBesideTheLeaderAndNobodyWaitsForEver) {
    Setting setting;
    setting.baton = GetParam().baton;
    setting.v1 = GetParam().v1;
    const bool many_states = setting.baton == LockingMode::dual && setting.v1 != LockingMode::advisorylock;
    expect_good(setting, many_states ? strikes_in_dual : any_number);
}

TEST_P(LeadershipExploration, OfThreeInstancesNobodyActsBesideTheLeaderAndNobodyWaitsForEver) {
    Setting setting;
    setting.baton = GetParam().baton;
    setting.v1 = GetParam().v1;
    setting.instances = 3;
    expect_good(setting, strikes_of_three);
}

// An exploration that finds nothing in broken rules would be blind.

TEST(BrokenRules, WithoutTheComparisonOfTheFenceThereAreTwoLeaders) {
    Setting setting;
    setting.baton = setting.v1 = LockingMode::none;
    setting.fence_compares = false;
    EXPECT_GT(Exploration(setting).explore(any_number).two_leaders, 0);
}

TEST(BrokenRules, WithoutTheWatchLockOthersAreTakenBesideIt) {
    Setting setting;
    setting.decide = [](const LeadershipView& view) {
        LeadershipView blind = view;
        blind.watch_held |= view.connected;
        return decide(blind);
    };
    EXPECT_GT(Exploration(setting).explore(2).out_of_order, 0);
}

TEST(BrokenRules, ALiveV1sAdvisoryLockThatIsNotGivenBackIsALivelock) {
    Setting setting;
    setting.decide = [](const LeadershipView& view) {
        const auto step = decide(view);
        return step == LeadershipStep::give_advisory_back ? LeadershipStep::wait_for_lease : step;
    };
    EXPECT_GT(Exploration(setting).explore(2).without_a_way, 0);
}

TEST(BrokenRules, ATakeoverWithoutTheAdvisoryLockNeverSucceeds) {
    Setting setting;
    setting.baton = setting.v1 = LockingMode::advisorylock;
    setting.decide = [](const LeadershipView& view) {
        const auto step = decide(view);
        return step == LeadershipStep::wait_for_advisory ? LeadershipStep::take_over : step;
    };
    EXPECT_GT(Exploration(setting).explore(2).without_a_way, 0);
}

}  // namespace

}  // namespace baton::model
