#include "baton/base/clock.hpp"

#include "baton/base/error.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace baton {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

WallTime at(std::chrono::sys_days day, std::chrono::microseconds time) {
    return WallTime(day) + time;
}

TEST(WallTime, IsWrittenInBothForms) {
    const std::chrono::sys_days day = std::chrono::year(2022) / 1 / 2;
    EXPECT_EQ(to_go_time(at(day, 3h + 4min + 5s + 678'900us)), "2022-01-02 03:04:05.6789 +0000 UTC");
    EXPECT_EQ(to_go_time(at(day, 0us)), "2022-01-02 00:00:00 +0000 UTC");
    EXPECT_EQ(to_rfc3339(at(day, 23h + 500'000us)), "2022-01-02T23:00:00.5Z");
    EXPECT_EQ(to_rfc3339(at(day, 1us)), "2022-01-02T00:00:00.000001Z");
    EXPECT_EQ(to_rfc3339(WallTime(-1us)), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(at(std::chrono::sys_days(std::chrono::year(987) / 12 / 31), 10h)),
              "0987-12-31T10:00:00Z");
    EXPECT_EQ(to_rfc3339(at(std::chrono::sys_days(std::chrono::year(12345) / 1 / 1), 0us)),
              "12345-01-01T00:00:00Z");
}

// reference/pipeline-cases.json, duration.parse; pipeline.md section 9.3.
TEST(GoDuration, ReadsAndWrites) {
    struct Case {
        const char* text;
        nanoseconds value;
        const char* written;
    };
    for (const auto& [text, value, written] : {
             Case{"1.5h", 90min, "1h30m0s"},
             {"1h30m", 90min, "1h30m0s"},
             {"+5s", 5s, "5s"},
             {"-1m30s", -90s, "-1m30s"},
             {"100us", 100us, "100\u00b5s"},
             {"1.5\u00b5s", 1500ns, "1.5\u00b5s"},
             {"2\u03bcs", 2us, "2\u00b5s"},
             {"1ns", 1ns, "1ns"},
             {".5s", 500ms, "500ms"},
             {"444ms", 444ms, "444ms"},
             {"0", 0s, "0s"},
             {"-0", 0s, "0s"},
             {"1m", 1min, "1m0s"},
             {"1h0.000000001s", 1h + 1ns, "1h0m0.000000001s"},
             {"-9223372036854775808ns", nanoseconds::min(), "-2562047h47m16.854775808s"},
             {"2562047h47m16.854775807s", nanoseconds::max(), "2562047h47m16.854775807s"},
         }) {
        EXPECT_EQ(parse_go_duration(text), value) << text;
        EXPECT_EQ(to_go_duration(value), written) << text;
    }
}

TEST(GoDuration, RefusesWithTheReferenceTexts) {
    struct Case {
        const char* text;
        const char* error;
    };
    for (const auto& [text, error] : {
             Case{"", R"(time: invalid duration "")"},
             {"s", R"(time: invalid duration "s")"},
             {"-", R"(time: invalid duration "-")"},
             {".s", R"(time: invalid duration ".s")"},
             {" 1s", R"(time: invalid duration " 1s")"},
             {"5", R"(time: missing unit in duration "5")"},
             {"1.", R"(time: missing unit in duration "1.")"},
             {"1d", R"(time: unknown unit "d" in duration "1d")"},
             {"1\u00e9", R"(time: unknown unit "\xc3\xa9" in duration "1\xc3\xa9")"},
             {"9223372036854775808ns", R"(time: invalid duration "9223372036854775808ns")"},
             {"2562048h", R"(time: invalid duration "2562048h")"},
             {"99999999999999999999s", R"(time: invalid duration "99999999999999999999s")"},
         }) {
        try {
            parse_go_duration(text);
            ADD_FAILURE() << text << " was accepted";
        } catch (const InvalidInput& refused) {
            EXPECT_STREQ(refused.what(), error);
        }
    }
}

}  // namespace
}  // namespace baton
