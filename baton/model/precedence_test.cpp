#include "baton/model/precedence.hpp"

#include "baton/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::model {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Uuid id(char digit) {
    return *Uuid::parse(std::string("00000000-0000-0000-0000-00000000000") + digit);
}

Rival rival(char digit, bool named, bool waits) {
    return {id(digit), std::string(1, digit), named, waits};
}

std::string chosen(Precedence& precedence, const std::vector<Rival>& ahead, std::int64_t epoch) {
    const auto rival = precedence.gives_way_to(ahead, epoch);
    return rival ? rival->name : "nobody";
}

TEST(Precedence, NobodyAheadIsNobodyToWaitFor) {
    Precedence precedence;
    EXPECT_EQ(chosen(precedence, {}, 1), "nobody");
}

TEST(Precedence, OneOfHigherPriorityGoesFirstOnceBetweenTwoTakeovers) {
    Precedence precedence;
    EXPECT_EQ(chosen(precedence, {rival('1', false, true)}, 4), "1");
    EXPECT_EQ(chosen(precedence, {rival('1', false, true)}, 4), "nobody") << "it had its turn";
    EXPECT_EQ(chosen(precedence, {rival('1', false, true)}, 5), "1") << "somebody has led since";
}

TEST(Precedence, WhoDoesNotWaitIsNotWaitedFor) {
    Precedence precedence;
    EXPECT_EQ(chosen(precedence, {rival('1', false, false)}, 4), "nobody");
    EXPECT_EQ(chosen(precedence, {rival('1', false, false), rival('2', false, true)}, 4), "2");
    EXPECT_EQ(chosen(precedence, {rival('1', false, true)}, 4), "1") << "it came back";
}

TEST(Precedence, TheNamedOneGoesFirstAsLongAsItIsNamed) {
    Precedence precedence;
    for (int look = 0; look < 3; ++look)
        EXPECT_EQ(chosen(precedence, {rival('1', true, false), rival('2', false, true)}, 4), "1");
}

HandoverCandidate candidate(char digit, const std::string& name, const std::string& state, bool waits,
                            std::chrono::milliseconds silent = 1s) {
    return {id(digit), name, state, silent, waits};
}

std::string refusal(const std::vector<HandoverCandidate>& candidates, const std::string& name) {
    try {
        return "goes to " + handover_target(candidates, id('0'), name).name;
    } catch (const InvalidInput& error) {
        return error.what();
    }
}

const auto leader = candidate('0', "a", "leading", false);
const auto waiting = candidate('1', "b", "standby", true);

TEST(HandoverTarget, IsTheStandbyOfThatName) {
    EXPECT_EQ(refusal({leader, waiting, candidate('2', "c", "standby", true)}, "c"), "goes to c");
    EXPECT_EQ(refusal({leader, waiting, candidate('2', "b", "standby", false, 30s)}, "b"), "goes to b")
        << "the process before it was killed";
    EXPECT_EQ(refusal({leader, waiting, candidate('2', "b", "stopped", false)}, "b"), "goes to b");
}

TEST(HandoverTarget, IsRefusedWithAReason) {
    EXPECT_EQ(refusal({leader, waiting}, "x"), "no instance is called x (waiting: b)");
    EXPECT_EQ(refusal({leader}, "x"), "no instance is called x (nobody waits)");
    EXPECT_EQ(refusal({leader, waiting}, "a"), "a is the leader itself");
    EXPECT_THAT(refusal({leader, waiting, candidate('2', "b", "standby", true)}, "b"),
                HasSubstr("more than one instance is called b"));
    EXPECT_THAT(refusal({leader, candidate('1', "b", "starting", false)}, "b"),
                HasSubstr("b does not wait for the leadership, its state is starting"));
    EXPECT_THAT(refusal({leader, candidate('1', "b", "standby", false)}, "b"),
                HasSubstr("b does not wait for the leadership"));
    EXPECT_THAT(refusal({leader, candidate('1', "b", "standby", true, 7s)}, "b"),
                HasSubstr("b was last seen 7s ago"));
}

}  // namespace

}  // namespace baton::model
