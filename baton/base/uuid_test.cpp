#include "baton/base/uuid.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

constexpr WallTime noon = std::chrono::sys_days(std::chrono::year(2022) / 2 / 22) + std::chrono::hours(19);

TEST(Uuid, InTimeOrderBeginsWithItsMillisecond) {
    // The example of RFC 9562, A.6, is 22 February 2022, 19:22:22 UTC.
    const auto time = noon + std::chrono::minutes(22) + std::chrono::seconds(22);
    const auto uuid = Uuid::in_time_order(Random::system(), time);
    EXPECT_EQ(uuid.to_string().substr(0, 15), "017f22e2-79b0-7");
    EXPECT_EQ(uuid.bytes[8] & 0xc0, 0x80);
    EXPECT_NE(uuid, Uuid::in_time_order(Random::system(), time));
    EXPECT_LT(uuid.to_string(),
              Uuid::in_time_order(Random::system(), time + std::chrono::milliseconds(1)).to_string());
}

}  // namespace
}  // namespace baton
