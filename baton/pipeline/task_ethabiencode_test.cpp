#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

std::string word(const std::string& digits) {
    return std::string(64 - digits.size(), '0') + digits;
}
const std::string ones(64, 'f');

/// A call of a function without a name, so without a selector, with `value` for its argument a.
std::string encode(const std::string& type, const Value& value) {
    return run("ethabiencode abi=\"(" + type + R"g( a)" data=<{"a": $(v)}>)g", {}, {{"v", value}});
}
std::string fault(const std::string& reason) {
    return "error: ETHABIEncode: " + reason + ": bad input for task";
}
std::string conversion_fault(const std::string& type, const std::string& reason) {
    return fault("while converting argument 'a' from <nil> to " + type + ": " + reason);
}

}  // namespace

TEST(EthAbiEncode, GivesTheCallAsHex) {
    EXPECT_EQ(run(R"g(ethabiencode abi=" transfer (address to, uint256 value) "
                      data=<{"value": 5, "to": "0x3333333333333333333333333333333333333333", "more": 1}>)g"),
              "string 0xa9059cbb" + word(std::string(40, '3')) + word("5"));
    EXPECT_EQ(run(R"g(ethabiencode abi="decimals()")g"), "string 0x313ce567");
    EXPECT_EQ(run(R"g(ethabiencode abi="(uint256 a)" data="$(d)")g", {}, {{"d", R"({"a": 1})"}}),
              "string 0x" + word("1"));
    EXPECT_EQ(run(R"g(ethabiencode abi="(string s, uint8 n)" data=<{"s": "abc", "n": 7}>)g"),
              "string 0x" + word("40") + word("7") + word("3") + "616263" + std::string(58, '0'));
}

TEST(EthAbiEncode, IntegersOfEveryKindTowardZero) {
    for (const Value& five : Inputs{"5", std::int64_t{5}, 5.9, decimal("5.9"), BigInt(5), "5.9"})
        EXPECT_EQ(encode("uint256", five), "string 0x" + word("5"));
    EXPECT_EQ(encode("int256", -1.5), "string 0x" + ones);
    EXPECT_EQ(encode("uint256", std::int64_t{-1}), "string 0x" + ones) << "wide ones are not checked";
    EXPECT_EQ(encode("uint8", std::int64_t{-1}), "string 0x" + word("1")) << "the magnitude";
    EXPECT_EQ(encode("uint8", std::int64_t{255}), "string 0x" + word("ff"));
    EXPECT_EQ(encode("uint8", std::int64_t{256}), conversion_fault("uint8", "overflow"));
    EXPECT_EQ(encode("int8", std::int64_t{128}), conversion_fault("int8", "overflow"));
    EXPECT_EQ(encode("uint256", "x"), conversion_fault("uint256", "can't convert x to decimal"));
}

TEST(EthAbiEncode, OtherTypes) {
    EXPECT_EQ(encode("bool", "true"), "string 0x" + word("1"));
    EXPECT_EQ(encode("bytes4", Bytes{1, 2}), "string 0x0102" + std::string(60, '0')) << "filled up";
    EXPECT_EQ(encode("bytes", "0x0102"),
              "string 0x" + word("20") + word("2") + "0102" + std::string(60, '0'));
    EXPECT_EQ(encode("uint8[2]", Value::list({"1", "2"})), "string 0x" + word("1") + word("2"));
    EXPECT_EQ(encode("uint8[]", Value::list({"1"})), "string 0x" + word("20") + word("1") + word("1"));
    EXPECT_EQ(encode("address", "0x0102"),
              conversion_fault("address", "incorrect length: expected 20, got 2: bad input for task"));
    EXPECT_EQ(encode("bool", std::int64_t{1}),
              conversion_fault("bool", "cannot convert int64 to bool: bad input for task"));
    EXPECT_EQ(encode("uint8[2]", Value::list({"1"})),
              conversion_fault("uint8[2]", "incorrect length: expected 2, got 1: bad input for task"));
    EXPECT_TRUE(encode("uint256", Value()).starts_with("panic: "));
}

TEST(EthAbiEncode, NamesWhatIsMissingOrWrong) {
    EXPECT_EQ(run(R"g(ethabiencode abi="f(uint256 a)")g"), fault("argument 'a' is missing"));
    for (const std::string wrong : {"f(uint256 a) returns", "f", "function f(uint8 a)", "f((uint8 a))"}) {
        EXPECT_EQ(run("ethabiencode abi=\"" + wrong + "\""),
                  fault("while parsing ABI string: bad ABI specification: " + wrong));
    }
    EXPECT_EQ(run(R"g(ethabiencode abi="f(int a)")g"),
              fault("while parsing ABI string: bad ABI specification: unsupported arg type: int"));
    EXPECT_EQ(run("ethabiencode data=<[1]>"),
              "error: data: expected map, got []interface {}: bad input for task; abi: parameter is empty");
    EXPECT_EQ(run(R"g(ethabiencode abi="f(uint8 a)" data=<{"a": $(e)}>)g", {}, {{"e", ErrorValue{"boom"}}}),
              "error: data: error is not allowed: boom: bad input for task");
    expect_any_number_of_inputs("ethabiencode abi=\"f()\"");
}

}  // namespace baton::pipeline::testing
