#include "baton/lease/lease_testing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;
using model::LeadershipState;
using model::LockingMode;
using ::testing::HasSubstr;

/// A leader and standbys that wait for it.
class PrecedenceTest : public LeaseTest, public ::testing::WithParamInterface<LockingMode> {
  protected:
    Node& add(const std::string& name, int priority = 0) {
        auto settings = settings_for(database().session_options(), name, GetParam());
        settings.priority = priority;
        nodes_.push_back(std::make_unique<Node>(loop(), settings));
        nodes_.back()->start();
        return *nodes_.back();
    }
    Node& leader(const std::string& name) {
        auto& node = add(name);
        EXPECT_TRUE(run(node.reaches(LeadershipState::leading)));
        return node;
    }
    Node& standby(const std::string& name, int priority = 0) {
        auto& node = add(name, priority);
        EXPECT_TRUE(run(node.says("standby: waiting for ")));
        const auto written =
            "select coalesce((select priority from baton.candidates c join baton.instances i using "
            "(client_id) where i.name = '" +
            name + "'), 0)";
        EXPECT_TRUE(becomes(written, std::to_string(priority)));
        // Not between two of its statements.
        EXPECT_TRUE(becomes(holders(true, false), std::to_string(++standbys_)));
        return node;
    }
    std::string refusal(Node& node, const std::string& to) {
        try {
            run(node.leadership().hand_over(to));
        } catch (const InvalidInput& error) {
            return error.what();
        }
        return "handed over";
    }
    std::string who_led() {
        return database().value("select string_agg(instance, ' ' order by id) from baton.leadership_log");
    }
    void end_all() {
        // Those that wait first, so that nobody takes over meanwhile.
        for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
            if ((*node)->leadership().state() == LeadershipState::standby) end(**node);
        }
        for (auto& node : nodes_) {
            if (node->leadership().state() != LeadershipState::stopped) end(*node);
        }
    }

    std::vector<std::unique_ptr<Node>> nodes_;
    int standbys_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Lease, PrecedenceTest,
                         ::testing::Values(LockingMode::dual, LockingMode::lease, LockingMode::advisorylock,
                                           LockingMode::none),
                         [](const auto& tested) { return model::to_string(tested.param); });

TEST_P(PrecedenceTest, TheNamedStandbyTakesOverAndNoOther) {
    auto& a = leader("a");
    standby("b");
    standby("c");
    auto& d = standby("d");
    run(a.leadership().hand_over("d"));
    ASSERT_TRUE(run(d.reaches(LeadershipState::leading)));
    EXPECT_EQ(d.grant()->change.reason, "handover");
    // The first of the queue was somebody else, and the one that led queues too, after a moment.
    ASSERT_TRUE(becomes(holders(true, false), "3"));
    run(d.leadership().hand_over("a"));
    ASSERT_TRUE(run(a.reaches(LeadershipState::leading)));
    ASSERT_TRUE(becomes(holders(true, false), "3"));
    run(a.leadership().hand_over("c"));
    ASSERT_TRUE(becomes("select instance from baton.leadership", "c"));
    EXPECT_EQ(who_led(), "a d a c");
    end_all();
}

TEST_P(PrecedenceTest, AHandoverToNobodyChangesNothing) {
    auto& a = leader("a");
    standby("b");
    EXPECT_EQ(refusal(a, "x"), "no instance is called x (waiting: b)");
    EXPECT_EQ(refusal(a, "a"), "a is the leader itself");
    EXPECT_TRUE(a.leadership().may_act());
    EXPECT_EQ(who_led(), "a");
    end_all();
}

TEST_P(PrecedenceTest, WhenTheNamedOneDiesAnotherTakesOver) {
    auto& a = leader("a");
    auto& b = standby("b");
    auto& c = standby("c");
    // As the handover does it, with c gone at that very moment.
    end(c);
    database().run("update baton.instances set state = 'standby', last_seen = now() where name = 'c'");
    database().run(
        "insert into baton.candidates (client_id, named_until) select client_id, now() + interval '1 second' "
        "from "
        "baton.instances where name = 'c'");
    const auto before = BootClock::now();
    end(a);
    ASSERT_TRUE(run(b.reaches(LeadershipState::leading)));
    EXPECT_LT(BootClock::now() - before, 3s);
    EXPECT_EQ(who_led(), "a b");
    end_all();
}

TEST_P(PrecedenceTest, TheHigherPriorityTakesOverFirst) {
    auto& a = leader("a");
    standby("b");
    auto& c = standby("c", 5);
    auto& d = standby("d", 10);
    cut(a);
    ASSERT_TRUE(run(d.reaches(LeadershipState::leading)));
    EXPECT_EQ(who_led(), "a d");
    end(d);
    ASSERT_TRUE(run(c.reaches(LeadershipState::leading)));
    EXPECT_EQ(who_led(), "a d c");
    end_all();
}

TEST_P(PrecedenceTest, ANegativePriorityGoesLast) {
    auto& a = leader("a");
    standby("b", -1);
    auto& c = standby("c");
    end(a);
    ASSERT_TRUE(run(c.reaches(LeadershipState::leading)));
    EXPECT_EQ(who_led(), "a c");
    end_all();
}

TEST_P(PrecedenceTest, OneOfHigherPriorityThatCannotLeadDoesNotKeepTheOthersWaiting) {
    auto& a = leader("a");
    auto& b = standby("b");
    auto& c = standby("c", 10);
    c.fails["prepare"] = "its disk is full";
    end(a);
    ASSERT_TRUE(run(b.reaches(LeadershipState::leading)));
    EXPECT_EQ(who_led(), "a b");
    EXPECT_THAT(b.metrics().count("leadership_gave_way_total"), 1);
    c.fails.clear();
    end(b);
    ASSERT_TRUE(run(c.reaches(LeadershipState::leading)));
    end_all();
}

TEST_P(PrecedenceTest, ALeaderIsNotReplacedByOneOfHigherPriority) {
    auto& a = leader("a");
    auto& b = standby("b", 10);
    EXPECT_TRUE(a.leadership().may_act());
    EXPECT_FALSE(b.grant());
    EXPECT_EQ(who_led(), "a");
    end_all();
}

}  // namespace

}  // namespace baton::lease
