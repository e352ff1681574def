#include "baton/lease/descriptor_floor.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace baton::lease {
namespace {

int next_descriptor() {
    const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(descriptor);
    return descriptor;
}

TEST(DescriptorFloor, TheWatchSessionIsAboveTheOtherLocksAndThoseAboveTheRest) {
    const int usual = next_descriptor();
    int locks = 0, watch = 0;
    {
        const DescriptorFloor floor(ClosedFirst::locks);
        locks = next_descriptor();
    }
    {
        const DescriptorFloor floor(ClosedFirst::watch);
        watch = next_descriptor();
    }
    {
        const DescriptorFloor floor(ClosedFirst::nothing);
        EXPECT_EQ(next_descriptor(), usual);
    }
    EXPECT_GT(locks, usual);
    EXPECT_GT(watch, locks);
    EXPECT_EQ(next_descriptor(), usual) << "what was in the way is free again";
}

TEST(DescriptorFloor, ALowLimitOfOpenFilesIsNotUsedUp) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = 64;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    {
        const DescriptorFloor floor(ClosedFirst::watch);
        EXPECT_GE(next_descriptor(), 32);
        EXPECT_LT(next_descriptor(), 64);
    }
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace baton::lease
