#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

std::string result(int occurrences, const std::string& results) {
    return "{occurrences: uint64 " + std::to_string(occurrences) + ", results: [" + results + "]}";
}

}  // namespace

TEST(Mode, GivesAllValuesThatOccurMostOften) {
    EXPECT_EQ(run("mode", {"a", "b", "b", "c"}), result(2, "string b"));
    EXPECT_EQ(run("mode", {"a", "b", "b", "a", "c"}), result(2, "string b, string a"))
        << "in the order in which they came so far";
    EXPECT_EQ(run("mode", {"a", "b"}), result(1, "string a, string b"));
    EXPECT_EQ(run("mode values=<[1, 2, 2]>"), result(2, "int64 2"));
}

TEST(Mode, ValuesAreEqualWhenTheyReadTheSame) {
    EXPECT_EQ(run("mode", {decimal("1.234"), 1.234, 1.234F, "1.234"}), result(4, "string 1.234"));
    EXPECT_EQ(run("mode", {"5", std::int64_t{5}}), result(2, "int64 5")) << "the latest stands for all";
    EXPECT_EQ(run("mode", {std::int64_t{5}, "5"}), result(2, "string 5"));
    EXPECT_EQ(run("mode", {true, "true"}), result(2, "string true"));
    EXPECT_EQ(run("mode", {Value(), "null"}), result(2, "string null"));
    EXPECT_EQ(run("mode", {Bytes{'a'}, "a"}), result(2, "string a"));
    EXPECT_EQ(run("mode", {BigInt(1) << 64, "18446744073709551616"}),
              result(2, "string 18446744073709551616"));
    EXPECT_EQ(run("mode", {decimal("1.50"), "1.5"}), result(2, "string 1.5"));
}

TEST(Mode, FloatsReadWithAnExponentFromAMillionOn) {
    EXPECT_EQ(run("mode", {999'999.0, "999999"}), result(2, "string 999999"));
    EXPECT_EQ(run("mode", {1'000'000.0, "1e+06"}), result(2, "string 1e+06"));
    EXPECT_EQ(run("mode", {1'234'567.0, "1.234567e+06"}), result(2, "string 1.234567e+06"));
    EXPECT_EQ(run("mode", {123'456.789, "123456.789"}), result(2, "string 123456.789"));
    EXPECT_EQ(run("mode", {0.0001, "0.0001"}), result(2, "string 0.0001"));
    EXPECT_EQ(run("mode", {0.00009, "9e-05"}), result(2, "string 9e-05"));
    EXPECT_EQ(run("mode", {1'000'000.0, std::int64_t{1'000'000}}), result(1, "float64 1e+06, int64 1000000"));
}

TEST(Mode, EverythingElseIsComparedAsJson) {
    const Value ab = Value::map({{"a", "x"}, {"b", std::int64_t{2}}});
    EXPECT_EQ(run("mode", {ab, R"({"a":"x","b":2})"}), result(2, R"(string {"a":"x","b":2})"));
    const Value list = Value::list({std::int64_t{1}, "2"});
    EXPECT_EQ(run("mode", {"x", list, list}), result(2, "[int64 1, string 2]"));
    Address address;
    address.bytes.fill(0x1a);
    const std::string text = to_0x(address.view());
    EXPECT_EQ(run("mode", {address, "\"" + text + "\""}), result(2, "string \"" + text + "\"")) << "quoted";
}

}  // namespace baton::pipeline::testing
