#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Median, AnOddNumberHasAMiddle) {
    EXPECT_EQ(run("median", {"10", "9", "2"}), "decimal 9") << "sorted as numbers";
    EXPECT_EQ(run("median", {"-1", std::int64_t{-10}, 3.5}), "decimal -1");
    EXPECT_EQ(run("median", {"0.00000000000000000001"}), "decimal 0.00000000000000000001")
        << "the value itself, not rounded";
}

TEST(Median, OfAnEvenNumberItIsBetweenTheTwo) {
    EXPECT_EQ(run("median values=<[4, 1, 3, 2]>"), "decimal 2.5");
    EXPECT_EQ(run("median", {"0", "1e-16"}), "decimal 0.0000000000000001") << "at sixteen places";
    EXPECT_EQ(run("median", {"0", "-1e-16"}), "decimal -0.0000000000000001");
    EXPECT_EQ(run("median", {"0", "9e-17"}), "decimal 0");
}

TEST(Median, FaultsAreLeftOut) {
    EXPECT_EQ(run("median", {"1", ErrorValue{"boom"}, "2", "9"}), "decimal 2");
}

TEST(Median, NeedsNumbers) {
    EXPECT_EQ(run("median", {"1", "abc"}), "error: can't convert abc to decimal: bad input for task");
    EXPECT_EQ(run("median values=<[1, null]>"),
              "error: type <nil> cannot be converted to decimal.Decimal (<nil>): bad input for task");
}

}  // namespace baton::pipeline::testing
