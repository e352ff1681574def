#include "baton/app/short_turns.hpp"

#include <gtest/gtest.h>

#include <sys/syscall.h>
#include <unistd.h>
#include <array>
#include <cstdint>
#include <cstring>

namespace baton::app {
namespace {

/// Nanoseconds of this thread's turns, or 0 where the kernel does not tell: the sixth field of sched_attr.
std::uint64_t turns() {
    std::array<char, 48> attributes{};
    constexpr std::size_t runtime_at = 24;
    if (syscall(SYS_sched_getattr, 0, attributes.data(), attributes.size(), 0) != 0) return 0;
    std::uint64_t runtime = 0;
    std::memcpy(&runtime, attributes.data() + runtime_at, sizeof runtime);
    return runtime;
}

TEST(ShortTurns, AreTakenAndGivenBack) {
    const auto before = turns();
    if (before == 0) GTEST_SKIP() << "this kernel gives everybody the same turns";
    take_short_turns(true);
    EXPECT_EQ(turns(), 100'000U);
    take_short_turns(false);
    EXPECT_EQ(turns(), before);
}

}  // namespace
}  // namespace baton::app
