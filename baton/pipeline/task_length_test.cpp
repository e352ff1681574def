#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Length, CountsBytes) {
    EXPECT_EQ(run("length input=abc"), "decimal 3");
    EXPECT_EQ(run("length", {"hé"}), "decimal 3") << "of a text those of its UTF-8";
    EXPECT_EQ(run("length", {Bytes{1, 2, 3, 4}}), "decimal 4");
    EXPECT_EQ(run("length", {""}), "decimal 0");
    EXPECT_EQ(run("length", {Value()}), "decimal 0");
}

TEST(Length, ATextOfHexCountsAsTheBytesThatItStandsFor) {
    EXPECT_EQ(run("length", {"0xaabb"}), "decimal 2");
    EXPECT_EQ(run("length", {"0x"}), "decimal 0");
    EXPECT_EQ(run("length", {"0xabc"}), "decimal 5") << "an odd number of digits is no hex";
    EXPECT_EQ(run("length", {"0xzz"}), "decimal 4");
    EXPECT_EQ(run("length", {Value::memo("0xaabb")}), "decimal 6") << "a memo's text is left as it is";
}

TEST(Length, RefusesOtherKinds) {
    EXPECT_EQ(run("length", {std::int64_t{5}}),
              "error: input: expected array of bytes, got int64: bad input for task");
    EXPECT_EQ(run("length", {Value::list({"a", "b"})}),
              "error: input: expected array of bytes, got []interface {}: bad input for task");
    EXPECT_EQ(run("length", {Address{}}),
              "error: input: expected array of bytes, got common.Address: bad input for task");
    EXPECT_EQ(run("length"), "error: input: index out of range");
    expect_at_most_one_input("length input=x");
}

}  // namespace baton::pipeline::testing
