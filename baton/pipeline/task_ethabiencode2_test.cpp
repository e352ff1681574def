#include "baton/pipeline/catalogue.hpp"
#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

std::string word(const std::string& digits) {
    return std::string(64 - digits.size(), '0') + digits;
}
std::string encode(const std::string& abi, const std::string& data) {
    return run("ethabiencode2 abi=<" + abi + "> data=<" + data + ">");
}
std::string fault(const std::string& reason) {
    return "error: ETHABIEncode: " + reason + ": bad input for task";
}
const std::string point =
    R"({"inputs": [{"name": "p", "type": "tuple", "components": [
        {"name": "x", "type": "uint8"}, {"name": "y", "type": "bool"}]}]})";

}  // namespace

TEST(EthAbiEncode2, GivesTheCallAsHex) {
    EXPECT_EQ(encode(R"({"name": "transfer", "inputs": [{"name": "to", "type": "address"},
                                                         {"name": "value", "type": "uint256"}]})",
                     R"({"value": 5, "to": "0x3333333333333333333333333333333333333333"})"),
              "string 0xa9059cbb" + word(std::string(40, '3')) + word("5"));
    EXPECT_EQ(encode(R"({"Name": "decimals", "INPUTS": [], "type": "function"})", "{}"), "string 0x313ce567")
        << "keys in any case, others are ignored";
    EXPECT_EQ(encode(R"({"inputs": [{"name": "a", "type": "uint8"}]})", R"({"a": "7"})"),
              "string 0x" + word("7"))
        << "no name, no selector";
}

TEST(EthAbiEncode2, TuplesByNameOrByPosition) {
    const std::string both = "string 0x" + word("7") + word("1");
    EXPECT_EQ(encode(point, R"({"p": {"y": true, "x": 7}})"), both);
    EXPECT_EQ(encode(point, R"({"p": [7, true]})"), both);
    const std::string start = "while converting argument 'p' from <nil> to (uint8,bool): ";
    EXPECT_EQ(encode(point, R"({"p": [7]})"),
              fault(start + "incorrect length: expected 2, got 1: bad input for task"));
    EXPECT_TRUE(encode(point, R"({"p": {"y": true, "z": 7}})").starts_with("panic: "));
}

TEST(EthAbiEncode2, NamesWhatIsMissingOrWrong) {
    EXPECT_EQ(encode(R"({"name": "f", "inputs": [{"name": "a", "type": "uint256"}]})", "{}"),
              fault("argument 'a' is missing"));
    EXPECT_EQ(encode(R"({"name": "f", "inputs": [{"type": "uint256"}]})", "{}"),
              fault("bad ABI specification, missing argument name"));
    EXPECT_EQ(encode(R"({"name": "f", "inputs": [{"name": "a", "type": "foo"}]})", "{}"),
              fault("while parsing ABI string: unsupported arg type: foo"));
    EXPECT_EQ(encode("f(uint256 a)", "{}"),
              fault("while parsing ABI string: invalid character '(' in literal false (expecting 'a')"));
    EXPECT_TRUE(encode(R"([{"name": "f", "inputs": []}])", "{}")
                    .starts_with("error: ETHABIEncode: while parsing ABI string: "));
    EXPECT_EQ(run("ethabiencode2 data=<[1]>"),
              "error: data: expected map, got []interface {}: bad input for task; abi: parameter is empty");
    expect_any_number_of_inputs(R"(ethabiencode2 abi=<{"name": "f"}>)");
}

TEST(EthAbiEncode2, IsRecordedUnderTheNameOfTheFirst) {
    EXPECT_EQ(find_task_type("ethabiencode2")->recorded, "ethabiencode");
}

}  // namespace baton::pipeline::testing
