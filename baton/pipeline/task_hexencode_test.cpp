#include "baton/pipeline/task_testing.hpp"

#include <limits>

namespace baton::pipeline::testing {

TEST(Hexencode, TextsAndBytesByteByByte) {
    EXPECT_EQ(run("hexencode", {"xyz"}), "string 0x78797a");
    EXPECT_EQ(run("hexencode", {"0xff"}), "string 0x30786666") << "a text, although it looks like hex";
    EXPECT_EQ(run("hexencode input=256"), "string 0x323536") << "what is written is a text";
    EXPECT_EQ(run("hexencode", {Bytes{0x0a, 0x00, 0xff}}), "string 0x0a00ff");
    for (const Value& nothing : Inputs{"", Bytes{}, Value()})
        EXPECT_EQ(run("hexencode", {nothing}), "string ") << "not 0x";
}

TEST(Hexencode, NumbersWithoutLeadingZeros) {
    EXPECT_EQ(run("hexencode", {std::int64_t{0}}), "string 0x0");
    EXPECT_EQ(run("hexencode", {std::uint8_t{10}}), "string 0xa");
    EXPECT_EQ(run("hexencode", {256.0}), "string 0x100");
    EXPECT_EQ(run("hexencode", {decimal("1e3")}), "string 0x3e8");
    EXPECT_EQ(run("hexencode", {std::numeric_limits<std::uint64_t>::max()}), "string 0xffffffffffffffff");
    EXPECT_EQ(run("hexencode input=\"$(x)\"", {}, {{"x", BigInt(1) << 100}}),
              "string 0x1" + std::string(25, '0'));
}

TEST(Hexencode, RefusesOtherNumbersAndKinds) {
    for (const Value& fraction : Inputs{1.44, -0.44, decimal("3.14")})
        EXPECT_EQ(run("hexencode", {fraction}), "error: decimal input");
    for (const Value& negative : Inputs{std::int64_t{-1}, -1.0, BigInt(-100), decimal("-2")})
        EXPECT_EQ(run("hexencode", {negative}), "error: negative integer");
    EXPECT_EQ(run("hexencode", {1e20}), "error: input: cannot cast 1e+20 to u/int64: bad input for task");
    for (const Value& other : Inputs{true, Address{}, Value::list({"a"}), Value::memo(std::int64_t{10})})
        EXPECT_EQ(run("hexencode", {other}), "error: input: bad input for task");
    EXPECT_EQ(run("hexencode"), "error: input: index out of range");
    expect_at_most_one_input("hexencode input=x");
}

}  // namespace baton::pipeline::testing
