#include "baton/eth/head_chain.hpp"
#include "baton/eth/seen_heads.hpp"

#include <gtest/gtest.h>

namespace baton::eth {
namespace {

/// Block `number` of branch `branch`, whose parent is of branch `parent`.
model::Head head(std::uint64_t number, char branch = 'a', char parent = '\0') {
    const auto hash = [](std::uint64_t height, char which) {
        Hash made;
        made.bytes[0] = static_cast<std::uint8_t>(which);
        made.bytes[31] = static_cast<std::uint8_t>(height);
        return made;
    };
    model::Head made;
    made.number = number;
    made.hash = hash(number, branch);
    made.parent_hash = hash(number - 1, parent == '\0' ? branch : parent);
    return made;
}

HeadChain chain_of(std::uint64_t from, std::uint64_t to, std::size_t depth = 10) {
    HeadChain chain(depth);
    for (auto number = from; number <= to; ++number) {
        chain.insert(head(number));
    }
    return chain;
}

TEST(HeadChain, KnowsItsBlocks) {
    HeadChain chain(10);
    EXPECT_FALSE(chain.latest());
    EXPECT_FALSE(chain.at(1));
    EXPECT_FALSE(chain.is_canonical(1, head(1).hash));
    EXPECT_TRUE(chain.insert(head(1)));
    EXPECT_FALSE(chain.insert(head(1))) << "known already";
    chain.insert(head(2));
    EXPECT_EQ(chain.latest()->hash, head(2).hash);
    EXPECT_EQ(chain.at(1)->hash, head(1).hash);
    EXPECT_EQ(chain.is_canonical(1, head(1).hash), true);
    EXPECT_EQ(chain.is_canonical(1, head(1, 'x').hash), false);
    EXPECT_EQ(chain.is_canonical(7, head(7).hash), std::nullopt);
}

TEST(HeadChain, ALongerBranchTakesOver) {
    auto chain = chain_of(1, 5);
    chain.insert(head(4, 'b', 'a'));
    EXPECT_EQ(chain.latest()->hash, head(5).hash) << "a branch that is shorter changes nothing";
    EXPECT_EQ(chain.is_canonical(4, head(4).hash), true);
    chain.insert(head(5, 'b'));
    EXPECT_EQ(chain.latest()->hash, head(5, 'b').hash) << "the later head of a height counts";
    EXPECT_EQ(chain.is_canonical(4, head(4).hash), false);
    EXPECT_EQ(chain.is_canonical(4, head(4, 'b').hash), true);
    EXPECT_EQ(chain.is_canonical(3, head(3).hash), true) << "below the fork nothing changes";
    chain.insert(head(6, 'a'));
    EXPECT_EQ(chain.is_canonical(4, head(4).hash), true) << "and back again";
}

TEST(HeadChain, SaysNothingBelowAMissingLink) {
    auto chain = chain_of(1, 3);
    chain.insert(head(6));
    EXPECT_EQ(chain.latest()->number, 6u);
    EXPECT_EQ(chain.is_canonical(3, head(3).hash), std::nullopt);
    EXPECT_EQ(chain.earliest_linked()->number, 6u);
    chain.insert(head(5));
    EXPECT_EQ(chain.earliest_linked()->number, 5u);
    chain.insert(head(4));
    EXPECT_EQ(chain.is_canonical(3, head(3).hash), true);
    EXPECT_EQ(chain.earliest_linked()->number, 1u);
}

TEST(HeadChain, ForgetsWhatIsTooDeep) {
    const auto chain = chain_of(1, 100, 10);
    EXPECT_LE(chain.size(), 11u);
    EXPECT_TRUE(chain.at(91));
    EXPECT_FALSE(chain.at(90));
    auto with_old_head = chain;
    with_old_head.insert(head(5, 'x'));
    EXPECT_EQ(with_old_head.size(), chain.size());
    EXPECT_EQ(with_old_head.latest()->number, 100u);
}

TEST(HeadChain, ALatestHeadThatTheChainNeverReachesIsDropped) {
    auto chain = chain_of(1, 20);
    const auto made_up = head(200, 'x');
    chain.insert(made_up);
    chain.insert(head(21));
    chain.insert(head(22));
    EXPECT_EQ(chain.latest()->hash, made_up.hash) << "one that lags does not decide";
    chain.insert(head(23));
    EXPECT_EQ(chain.latest()->hash, head(23).hash);
    EXPECT_EQ(chain.is_canonical(21, head(21).hash), true);
    EXPECT_FALSE(chain.is_canonical(200, made_up.hash));
    chain.insert(head(24));
    EXPECT_EQ(chain.latest()->hash, head(24).hash);
    EXPECT_EQ(chain.earliest_linked()->number, 21u);
}

TEST(HeadChain, SomeHeadsFarBelowDoNotMoveAChainThatGrows) {
    auto chain = chain_of(1, 100);
    for (const char branch : {'w', 'x', 'y', 'z'}) {
        chain.insert(head(5, branch));
        chain.insert(head(chain.latest()->number + 1));
    }
    EXPECT_EQ(chain.latest()->number, 104u);
}

TEST(HeadChain, HeadsThatLinkToThemselvesDoNoHarm) {
    HeadChain chain(10);
    auto strange = head(5);
    strange.parent_hash = strange.hash;
    chain.insert(strange);
    EXPECT_EQ(chain.latest()->number, 5u);
    auto other = head(6);
    other.parent_hash = head(9, 'z').hash;
    auto loop = head(9, 'z');
    loop.parent_hash = other.hash;
    chain.insert(other);
    chain.insert(loop);
    EXPECT_EQ(chain.earliest_linked()->number, 9u) << "a parent is one lower than its child";
}

TEST(SeenHeads, ForgetsTheOldest) {
    SeenHeads seen(3);
    EXPECT_FALSE(seen.newest());
    for (std::uint64_t number = 1; number <= 4; ++number) {
        seen.add(head(number));
    }
    seen.add(head(4));
    EXPECT_FALSE(seen.knows(head(1).hash));
    EXPECT_TRUE(seen.knows(head(2).hash));
    EXPECT_EQ(seen.newest()->number, 4u);
}

}  // namespace
}  // namespace baton::eth
