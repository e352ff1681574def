#include "baton/pipeline/task_testing.hpp"

#include <limits>

namespace baton::pipeline::testing {

TEST(Multiply, IsExact) {
    EXPECT_EQ(run("multiply input=\"1.50\" times=2"), "decimal 3");
    EXPECT_EQ(run("multiply input=\"1.23456789012345678901\" times=-3"), "decimal -3.70370367037037036703");
    EXPECT_EQ(run("multiply times=\"1e18\"", {0.1}), "decimal 100000000000000000");
    EXPECT_EQ(run("multiply times=\"0.5\"", {BigInt(1) << 64}), "decimal 9223372036854775808");
    EXPECT_EQ(run("multiply input=\"$(a)\" times=\"$(b)\"", {"7"}, {{"a", "2"}, {"b", decimal("2.5")}}),
              "decimal 5");
    EXPECT_EQ(run("multiply times=2 value=3", {"5"}), "decimal 10") << "old jobs still say value";
}

TEST(Multiply, TheUpperHalfOfUint64IsNegative) {
    EXPECT_EQ(run("multiply times=1", {std::numeric_limits<std::uint64_t>::max()}), "decimal -1");
    EXPECT_EQ(run("multiply times=1", {std::uint64_t{1} << 62}), "decimal 4611686018427387904");
}

TEST(Multiply, RefusesWhatIsNoNumber) {
    EXPECT_EQ(run("multiply input=\"1,000\" times=1"),
              "error: input: can't convert 1,000 to decimal: bad input for task");
    EXPECT_EQ(run("multiply times=1", {" 2 "}),
              "error: input: can't convert  2  to decimal: bad input for task");
    EXPECT_EQ(run("multiply times=1", {Value::list({"a", "b"})}),
              "error: input: type []interface {} cannot be converted to decimal.Decimal ([a b]): bad input "
              "for task");
    EXPECT_EQ(run("multiply input=1"), "error: times: parameter is empty");
    EXPECT_EQ(run("multiply times=1"), "error: input: index out of range");
    EXPECT_EQ(run("multiply input=\"1e2147483647\" times=\"1e1\""), "error: multiply overflow");
    expect_at_most_one_input("multiply input=1 times=1");
}

}  // namespace baton::pipeline::testing
