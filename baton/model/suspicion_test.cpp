#include "baton/model/suspicion.hpp"

#include <gtest/gtest.h>

namespace baton::model {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds limit{2000};

class SuspicionTest : public ::testing::Test {
  protected:
    void look(std::chrono::milliseconds later, const std::optional<HolderLook>& holder) {
        now_ += later;
        suspicion_.looked(holder, now_);
    }
    /// As a watcher does that is answered at once.
    void look_for(std::chrono::milliseconds span, const HolderLook& holder) {
        for (auto passed = 0ms; passed < span; passed += limit / 16)
            look(limit / 16, holder);
    }
    const HolderLook idle{7, "2026-01-01 00:00:00", "2026-01-01 00:00:01", true};
    Suspicion suspicion_{limit};
    BootClock::time_point now_{};
};

TEST_F(SuspicionTest, ASilentHolderIsFrozenShortlyBeforeTheLimit) {
    look(0ms, idle);
    look_for(1875ms, idle);
    EXPECT_FALSE(suspicion_.frozen());
    look(1ms, idle);
    EXPECT_TRUE(suspicion_.frozen());
}

TEST_F(SuspicionTest, AnySignOfLifeBeginsAnew) {
    look(0ms, idle);
    look_for(1800ms, idle);
    auto spoke = idle;
    spoke.state_change = "2026-01-01 00:00:02";
    look(125ms, spoke);
    EXPECT_EQ(suspicion_.silent_for(), 0ns);
    look_for(1800ms, spoke);
    auto other = spoke;
    other.backend_start = "2026-01-01 00:00:03";
    look(125ms, other);
    EXPECT_EQ(suspicion_.silent_for(), 0ns) << "the same process id, another session";
    look_for(1800ms, other);
    look(125ms, std::nullopt);
    EXPECT_EQ(suspicion_.silent_for(), 0ns) << "nobody holds the lock";
}

TEST_F(SuspicionTest, ASessionThatExecutesIsAlive) {
    auto busy = idle;
    busy.waits_for_client = false;
    look(0ms, busy);
    look_for(60s, busy);
    EXPECT_FALSE(suspicion_.frozen());
}

TEST_F(SuspicionTest, AStalledDatabaseCountsLittle) {
    look(0ms, idle);
    // Every answer took an hour: four of them are not enough, whatever the clocks say.
    for (int i = 0; i < 3; ++i)
        look(std::chrono::hours(1), idle);
    EXPECT_EQ(suspicion_.silent_for(), 3 * limit / 4);
    EXPECT_FALSE(suspicion_.frozen());
}

}  // namespace
}  // namespace baton::model
