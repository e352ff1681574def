#include "baton/app/memory_limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace baton::app {
namespace {

class MemoryLimitTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = "/tmp/baton-groups-XXXXXX";
        groups_ = mkdtemp(name.data());
    }
    void TearDown() override { std::filesystem::remove_all(groups_); }
    void write(const std::string& file, const std::string& text) const {
        std::filesystem::create_directories((groups_ / file).parent_path());
        std::ofstream(groups_ / file) << text << "\n";
    }
    std::filesystem::path groups_;
};

TEST_F(MemoryLimitTest, IsReadFromBothVersionsOfControlGroups) {
    EXPECT_EQ(memory_limit(groups_), std::nullopt);
    write("memory/memory.limit_in_bytes", "201326592");
    EXPECT_EQ(memory_limit(groups_), 201326592U);
    write("memory.max", "402653184");
    EXPECT_EQ(memory_limit(groups_), 402653184U);
    write("memory/memory.limit_in_bytes", "9223372036854771712");
    write("memory.max", "max");
    EXPECT_EQ(memory_warning(memory_limit(groups_)), "");
}

TEST_F(MemoryLimitTest, IsNamedWhenItIsBelowTheNeed) {
    EXPECT_EQ(memory_warning(std::nullopt), "");
    EXPECT_EQ(memory_warning(384U * 1024 * 1024), "");
    EXPECT_THAT(memory_warning(192U * 1024 * 1024),
                testing::HasSubstr("the memory limit is 192 MB, and deriving the key"));
}

}  // namespace
}  // namespace baton::app
