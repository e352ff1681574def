#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Sum, IsExact) {
    EXPECT_EQ(run("sum values=<[0.1, 0.2, \"1e-30\"]>"), "decimal 0.300000000000000000000000000001");
    EXPECT_EQ(run("sum", {"1e30", std::int64_t{-1}, BigInt(1) << 64, 0.5}),
              "decimal 1000000000018446744073709551615.5");
    EXPECT_EQ(run("sum", {"5", "-5.0"}), "decimal 0");
    EXPECT_EQ(run("sum", {"7"}), "decimal 7");
    EXPECT_EQ(run("sum", {"3", ErrorValue{"boom"}, "4"}), "decimal 7");
}

TEST(Sum, NeedsNumbers) {
    EXPECT_EQ(run("sum", {true}),
              "error: values: type bool cannot be converted to decimal.Decimal (true): bad input for task: "
              "bad input for task");
    EXPECT_EQ(run("sum", {"1", "x"}),
              "error: values: can't convert x to decimal: bad input for task: bad input for task");
}

}  // namespace baton::pipeline::testing
