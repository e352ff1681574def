#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

std::string divide(const std::string& input, const std::string& divisor, const std::string& precision = "") {
    return run("divide input=\"" + input + "\" divisor=\"" + divisor + "\" precision=\"" + precision + "\"");
}

}  // namespace

TEST(Divide, RoundsToSixteenPlaces) {
    EXPECT_EQ(divide("12.5", "100"), "decimal 0.125");
    EXPECT_EQ(divide("10", "3"), "decimal 3.3333333333333333");
    EXPECT_EQ(divide("2", "3"), "decimal 0.6666666666666667");
    EXPECT_EQ(divide("1", "2e16"), "decimal 0.0000000000000001") << "half a unit goes away from zero";
    EXPECT_EQ(divide("-1", "2e16"), "decimal -0.0000000000000001");
    EXPECT_EQ(divide("1", "1e20"), "decimal 0");
    EXPECT_EQ(divide("1e30", "1"), "decimal 1" + std::string(30, '0'));
}

TEST(Divide, RoundsToThePlacesAskedFor) {
    EXPECT_EQ(divide("1", "3", "2"), "decimal 0.33");
    EXPECT_EQ(divide("5", "2", "0"), "decimal 3");
    EXPECT_EQ(divide("-5", "2", "0"), "decimal -3");
    EXPECT_EQ(divide("150", "1", "-2"), "decimal 200");
    EXPECT_EQ(divide("149", "1", "-2"), "decimal 100");
    EXPECT_EQ(divide("1", "3", "20"), "decimal 0.33333333333333333333");
    EXPECT_EQ(divide("1", "3", " "), "decimal 0.3333333333333333");
    EXPECT_EQ(run(R"g(divide input=1 divisor=3 precision="$(p)")g", {}, {{"p", 2.9}}), "decimal 0.33");
    EXPECT_EQ(divide("1", "3", "x"),
              "error: precision: strconv.ParseInt: parsing \"x\": invalid syntax: bad input for task");
    EXPECT_EQ(run(R"g(divide input=1 divisor=3 precision="$(p)")g", {}, {{"p", Value()}}),
              "error: precision: expected signed integer or nil, got <nil>: bad input for task");
}

TEST(Divide, TakesNumbersOfEveryKind) {
    for (const Value& ten : Inputs{"10", "1e1", "+10.", std::int64_t{10}, std::uint8_t{10}, 10.0, BigInt(10),
                                   decimal("10.0"), Value::memo(std::int64_t{10})})
        EXPECT_EQ(run("divide divisor=4", {ten}), "decimal 2.5");
    EXPECT_EQ(run("divide divisor=2", {Value::map({{"a", "b"}})}),
              "error: input: type map[string]interface {} cannot be converted to decimal.Decimal (map[a:b]): "
              "bad input for task");
    EXPECT_EQ(run("divide divisor=2", {Value::memo("3")}),
              "error: input: type pipeline.ObjectParam cannot be converted to decimal.Decimal (\"3\"): "
              "bad input for task");
    EXPECT_EQ(run("divide input=1", {"2"}), "error: divisor: parameter is empty");
    expect_any_number_of_inputs("divide divisor=2");
}

TEST(Divide, WhatHasNoQuotient) {
    for (const std::string zero : {"0", "0.00", "-0", "0e5"})
        EXPECT_EQ(divide("1", zero), "error: divide by zero") << zero;
    EXPECT_EQ(divide("1e2147483647", "0.1", "1"), "error: division overflow");
}

}  // namespace baton::pipeline::testing
