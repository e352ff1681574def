#include "baton/jobs/directrequest/log_cursor.hpp"

#include <gtest/gtest.h>

namespace baton::jobs {
namespace {

Hash hash(std::uint8_t number, std::uint8_t fork = 0) {
    Hash made;
    made.bytes[0] = number;
    made.bytes[1] = fork;
    return made;
}

struct Case {
    const char* what;
    store::ResumePoint point;
    std::uint64_t first;
    bool skip = false;
};

store::ResumePoint believed(std::uint64_t processed) {
    store::ResumePoint point;
    point.processed = processed;
    point.progress_is_current = true;
    point.highest_head = processed + 3;
    return point;
}
store::ResumePoint after_v1(std::optional<std::uint64_t> highest_head) {
    auto point = believed(100);
    point.progress_is_current = false;
    point.highest_head = highest_head;
    return point;
}

// Head 1000, jobs with up to 20 confirmations, finality after 30 blocks, back-fill depth 10.
TEST(FirstBlockToRead, IsTheLowestWhoseLogsMayNotAllBeRecorded) {
    auto unconsumed = believed(900);
    unconsumed.lowest_unconsumed = 850;
    auto pending = believed(900);
    pending.lowest_pending = 840;
    auto both = pending;
    both.lowest_unconsumed = 830;
    auto v1_unconsumed = after_v1(900);
    v1_unconsumed.lowest_unconsumed = 500;
    auto skip_unconsumed = after_v1(900);
    skip_unconsumed.lowest_pending = 950;
    const std::vector<Case> cases{
        {"a fresh chain", {}, 990},
        {"an own leader stopped at 900: what may have been replaced since is read again", believed(900), 871},
        {"an own leader stopped long ago: the gap is read whatever its size", believed(103), 74},
        {"an own leader at the beginning of a chain", believed(3), 0},
        {"with block_backfill_skip too: what an own leader had not read is missing nowhere else",
         believed(103), 74, true},
        {"with logs that are not consumed", unconsumed, 850},
        {"with a back-fill that had not ended", pending, 840},
        {"with both", both, 830},
        {"a v1.11.0 saw head 900 last", after_v1(900), 870},
        {"a v1.11.0 at the beginning of a chain", after_v1(12), 0},
        {"a v1.11.0 and block_backfill_skip", after_v1(900), 990, true},
        {"a v1.11.0 with logs that are not consumed", v1_unconsumed, 500},
        {"what waits is read also with block_backfill_skip", skip_unconsumed, 950, true},
        {"an endpoint that is behind what was processed", believed(1200), 1001},
    };
    for (const auto& one : cases)
        EXPECT_EQ(first_block_to_read(one.point, 1000, {20, 30, 10, one.skip}), one.first) << one.what;
}

TEST(LogCursorBackFill, HasWhatIsLeftToIt) {
    LogCursor cursor;
    cursor.start(50);
    EXPECT_EQ(cursor.processed(), 49U);
    EXPECT_EQ(cursor.contiguous(), 49U);
    cursor.leave_to_back_fill(90, hash(90));
    EXPECT_EQ(cursor.processed(), 90U);
    ASSERT_TRUE(cursor.gap());
    EXPECT_EQ(cursor.gap()->from, 50U);
    EXPECT_EQ(cursor.gap()->to, 90U);
    EXPECT_EQ(cursor.contiguous(), 49U);
    cursor.advance(100, hash(100));
    EXPECT_EQ(cursor.contiguous(), 49U) << "live blocks are no progress while there is a gap";
    cursor.close_gap_to(59, hash(59));
    EXPECT_EQ(cursor.contiguous(), 59U);
    EXPECT_EQ(cursor.hash_at(59), hash(59));
    EXPECT_EQ(cursor.gap()->from, 60U);
    cursor.close_gap_to(90, hash(90));
    EXPECT_FALSE(cursor.gap());
    EXPECT_EQ(cursor.contiguous(), 100U);
}

TEST(LogCursorBackFill, GrowsWhenTheNextJumpComesBeforeItsEnd) {
    LogCursor cursor;
    cursor.start(50);
    cursor.leave_to_back_fill(90, hash(90));
    cursor.close_gap_to(59, hash(59));
    cursor.advance(100, hash(100));
    cursor.leave_to_back_fill(190, hash(190));
    ASSERT_TRUE(cursor.gap());
    EXPECT_EQ(cursor.gap()->from, 60U);
    EXPECT_EQ(cursor.gap()->to, 190U);
    EXPECT_EQ(cursor.processed(), 190U);
    cursor.leave_to_back_fill(180, hash(180));
    EXPECT_EQ(cursor.processed(), 190U) << "that is read already";
}

TEST(LogCursorBackFill, SurvivesAReorganisationAboveIt) {
    const auto stands_up_to = [](std::uint64_t fork) {
        return [fork](std::uint64_t number, const Hash&) -> std::optional<bool> { return number <= fork; };
    };
    LogCursor cursor;
    cursor.start(50);
    cursor.leave_to_back_fill(90, hash(90));
    cursor.close_gap_to(59, hash(59));
    cursor.advance(100, hash(100));
    auto live = cursor;
    live.rewind(live.fork(stands_up_to(99)));
    EXPECT_EQ(live.processed(), 90U);
    EXPECT_EQ(live.gap()->from, 60U);
    EXPECT_EQ(live.gap()->to, 90U);
    auto deep = cursor;
    deep.rewind(deep.fork(stands_up_to(70)));
    EXPECT_EQ(deep.processed(), 59U);
    EXPECT_FALSE(deep.gap()) << "all above the fork is new again";
    auto forgetful = cursor;
    forgetful.forget_below(95);
    EXPECT_EQ(forgetful.fork(stands_up_to(99)), 90U)
        << "what was forgotten is deeper than any reorganisation";
}

class LogCursorFork : public testing::Test {
  protected:
    LogCursorFork() {
        cursor_.start(10);
        for (const std::uint8_t number : {10, 11, 12})
            cursor_.advance(number, hash(number));
    }
    /// Canonical from `fork` downwards; known from `known_from` on.
    static LogCursor::IsCanonical chain(std::uint64_t fork, std::uint64_t known_from = 0) {
        return [=](std::uint64_t number, const Hash&) -> std::optional<bool> {
            if (number < known_from) return std::nullopt;
            return number <= fork;
        };
    }
    LogCursor cursor_;
};

TEST_F(LogCursorFork, IsTheTipWithoutAReorganisation) {
    EXPECT_EQ(cursor_.fork(chain(100)), 12U);
    EXPECT_EQ(cursor_.fork(chain(0, 100)), 12U) << "what is not known is no reason to read again";
}

TEST_F(LogCursorFork, IsTheHighestBlockThatStayed) {
    EXPECT_EQ(cursor_.fork(chain(11)), 11U);
    EXPECT_EQ(cursor_.fork(chain(10)), 10U);
    EXPECT_EQ(cursor_.fork(chain(10, 11)), 10U);
}

TEST_F(LogCursorFork, GoesDownToWhereReadingBeganWhenNothingStayed) {
    EXPECT_EQ(cursor_.fork(chain(5)), 9U);
    cursor_.forget_below(12);
    EXPECT_EQ(cursor_.fork(chain(5)), 11U) << "below lies what was forgotten: deeper than any reorganisation";
}

TEST_F(LogCursorFork, DoesNotTrustBlocksThatWereReadAsARange) {
    cursor_.advance(30, hash(30));  // 13 to 30 at once
    EXPECT_EQ(cursor_.fork(chain(25)), 12U) << "where in the range the fork lies is not known";
}

TEST_F(LogCursorFork, RewoundBlocksAreReadAgain) {
    cursor_.rewind(10);
    EXPECT_EQ(cursor_.processed(), 10U);
    EXPECT_FALSE(cursor_.hash_at(11));
    EXPECT_EQ(cursor_.hash_at(10), hash(10));
    cursor_.advance(11, hash(11, 1));
    EXPECT_EQ(cursor_.hash_at(11), hash(11, 1));
    EXPECT_EQ(cursor_.fork(chain(100)), 11U);
}

}  // namespace
}  // namespace baton::jobs
