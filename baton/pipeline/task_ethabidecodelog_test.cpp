#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

std::string word(const std::string& digits) {
    return "0x" + std::string(64 - digits.size(), '0') + digits;
}
Value topics(const std::vector<std::string>& words) {
    codec::List hashes;
    for (const std::string& each : words)
        hashes.emplace_back(*parse_hash(each));
    return Value::typed_list("hash", std::move(hashes));
}
std::string decode(const std::string& abi, const Value& data, const Value& of_topics) {
    return run("ethabidecodelog abi=\"" + abi + R"g(" data="$(d)" topics="$(t)")g", {},
               {{"d", data}, {"t", of_topics}});
}
/// The event's own topic, which nothing looks at.
const std::string event = word("e0");

}  // namespace

TEST(EthAbiDecodeLog, TakesIndexedArgumentsFromTopicsTheOthersFromData) {
    EXPECT_EQ(decode("NewRound(uint256 indexed roundId, address indexed startedBy, uint256 startedAt)",
                     word("f"), topics({event, word("9"), word("5")})),
              "{roundId: bigint 9, startedAt: bigint 15, startedBy: address " + word("5").erase(2, 24) + "}");
    EXPECT_EQ(decode("E(uint8 indexed a, bool indexed b)", Value(), topics({event, word("1ff"), word("1")})),
              "{a: uint8 255, b: bool true}");
    EXPECT_EQ(decode("E(string indexed s)", Value(), topics({event, word("ab")})),
              "{s: hash " + word("ab") + "}")
        << "of a text there is only its hash";
}

TEST(EthAbiDecodeLog, DataThatIsEmptyIsSkipped) {
    for (const Value& empty : Inputs{Value(), "0x", Bytes{}})
        EXPECT_EQ(decode("E(uint8 indexed a, uint8 b)", empty, topics({event, word("1")})), "{a: uint8 1}");
    EXPECT_EQ(run(R"g(ethabidecodelog abi="E(uint8 b)" data=")g" + word("1") + R"g(" topics="$(t)")g", {},
                  {{"t", topics({})}}),
              "{}")
        << "data that is written is ignored";
}

TEST(EthAbiDecodeLog, TopicsAreTextsOrHashesAndHaveToMatchInNumber) {
    const std::string abi = "E(uint8 indexed a)";
    EXPECT_EQ(decode(abi, Value(), Value::list({event, word("7")})), "{a: uint8 7}");
    EXPECT_EQ(decode(abi, Value(), "[\"" + event + "\", \"" + word("7") + "\"]"), "{a: uint8 7}");
    for (const auto& wrong : {topics({}), topics({event}), topics({event, word("1"), word("2")}), Value()})
        EXPECT_EQ(decode(abi, Value(), wrong), "error: topic/field count mismatch: bad input for task");
    EXPECT_EQ(decode("E(uint8 b)", word("3"), topics({})), "{b: uint8 3}")
        << "not counted when none is indexed";
}

TEST(EthAbiDecodeLog, RefusesSignaturesAndDataThatDoNotFit) {
    const auto fault = [](const std::string& reason) { return "error: " + reason + ": bad input for task"; };
    const Value some = topics({event, word("1")});
    EXPECT_EQ(decode("uint8 a", Value(), some), fault("bad ABI specification: uint8 a"));
    EXPECT_EQ(decode("E(uint8 indexed)", Value(), some),
              fault("bad ABI specification, missing argument name: uint8 indexed"));
    EXPECT_EQ(
        decode("E(uint8 foo a)", Value(), some),
        fault("bad ABI specification, unknown keyword 'foo' between argument type and name: uint8 foo a"));
    EXPECT_EQ(decode("E(indexed uint8 a)", Value(), some),
              fault("bad ABI specification, 'indexed' keyword must appear between argument type and name: "
                    "indexed uint8 a"));
    EXPECT_EQ(decode("E(uint8 indexed a, uint256 b, uint256 c)", word("1"), topics({})),
              fault("abi: cannot marshal in to go type: length insufficient 32 require 64"))
        << "data before topics";
}

TEST(EthAbiDecodeLog, NamesItsParametersInTheirOrder) {
    EXPECT_EQ(run("ethabidecodelog topics=\"[]\""),
              "error: topics: parameter is empty; abi: parameter is empty");
    EXPECT_EQ(decode("", true, "x").substr(0, 74),
              "error: data: expected array of bytes, got bool: bad input for task; topics");
    expect_any_number_of_inputs(R"g(ethabidecodelog abi="E()" topics="$(t)")g", {{"t", topics({})}});
}

}  // namespace baton::pipeline::testing
