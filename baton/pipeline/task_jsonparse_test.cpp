#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

/// The value at `path` of `json`, which is the task's input.
std::string at(const std::string& path, const std::string& json, const std::string& more = "") {
    return run("jsonparse path=\"" + path + "\" " + more, {json});
}

const std::string lax = "lax=true";

}  // namespace

TEST(Jsonparse, FollowsThePath) {
    EXPECT_EQ(at("data,0,price", R"({"data": [{"price": "0.99991"}]})"), "string 0.99991");
    EXPECT_EQ(at("", R"({"a": [true, null]})"), "{a: [bool true, null]}") << "the whole document";
    EXPECT_EQ(at(" a", R"({" a": 1, "a": 2})"), "int64 1") << "segments are not trimmed";
    EXPECT_EQ(at(",a", R"({"": {"a": 5}})"), "int64 5");
    EXPECT_EQ(at("a.b,c", R"({"a": {"b,c": "x"}})", "separator=\".\""), "string x");
    EXPECT_EQ(
        run(R"g(jsonparse data="$(d)" path="$(p)")g", {}, {{"d", "[[7]]"}, {"p", Value::list({"0", "0"})}}),
        "int64 7");
}

TEST(Jsonparse, ListsCountFromBothEnds) {
    const std::string json = "[10, 11, 12]";
    EXPECT_EQ(at("2", json), "int64 12");
    EXPECT_EQ(at("+1", json), "int64 11");
    EXPECT_EQ(at("-1", json), "int64 12");
    EXPECT_EQ(at("-3", json), "int64 10");
    for (const std::string beyond : {"3", "-4", "18446744073709551616", "-18446744073709551616"}) {
        EXPECT_EQ(at(beyond, json, lax), "null") << beyond;
        EXPECT_EQ(at(beyond, json),
                  "error: could not resolve path [\"" + beyond + "\"] in " + json + ": keypath not found");
    }
    for (const std::string& how : {std::string(), lax}) {
        EXPECT_EQ(at("x", json, how),
                  "error: JSONParse task error: x is not a valid array index: keypath not found");
    }
}

TEST(Jsonparse, NumbersKeepTheirDigits) {
    EXPECT_EQ(at("", "9223372036854775807"), "int64 9223372036854775807");
    EXPECT_EQ(at("", "9223372036854775808"), "uint64 9223372036854775808");
    EXPECT_EQ(at("", "18446744073709551616"), "bigint 18446744073709551616");
    EXPECT_EQ(at("", "-9223372036854775809"), "bigint -9223372036854775809");
    EXPECT_EQ(at("", "1.0"), "float64 1");
    EXPECT_EQ(at("", "-0"), "int64 0");
    EXPECT_TRUE(at("", "1e999").starts_with("error: bad input for task; failed to parse json.Value: "));
}

TEST(Jsonparse, LaxForgivesTheLastSegmentOnly) {
    EXPECT_EQ(at("a,b", R"({"a": {}})", lax), "null");
    EXPECT_EQ(at("a,b", R"({"a": {}})"),
              R"(error: could not resolve path ["a","b"] in {"a": {}}: keypath not found)");
    EXPECT_EQ(at("a,b", "{}", lax), R"(error: could not resolve path ["a","b"] in {}: keypath not found)");
    for (const std::string scalar : {"1", "null", "\"x\""}) {
        EXPECT_EQ(at("a", scalar, lax),
                  "error: could not resolve path [\"a\"] in " + scalar + ": keypath not found");
    }
    EXPECT_EQ(at("a", "{}", "lax=\" \""), R"(error: could not resolve path ["a"] in {}: keypath not found)");
    EXPECT_EQ(at("a", "{}", "lax=maybe"),
              "error: lax: strconv.ParseBool: parsing \"maybe\": invalid syntax: bad input for task");
}

TEST(Jsonparse, DataIsBytesOrATextAlsoInHex) {
    EXPECT_EQ(run("jsonparse path=a", {to_bytes(R"({"a": 1})")}), "int64 1");
    EXPECT_EQ(at("a", to_0x(to_bytes(R"({"a": 1})"))), "int64 1");
    EXPECT_EQ(at("", "[1] and more"), "[int64 1]") << "the first value counts";
    EXPECT_EQ(at("", ""), "error: EOF");
    EXPECT_EQ(at("", "[1"), "error: unexpected EOF");
    EXPECT_EQ(at("", "x"), "error: invalid character 'x' looking for beginning of value");
    EXPECT_EQ(run("jsonparse path=a data=<{\"a\": 1}>"), "error: data: index out of range")
        << "what is written is ignored";
    EXPECT_EQ(run("jsonparse path=\"\"", {true}),
              "error: data: expected array of bytes, got bool: bad input for task");
    EXPECT_EQ(run("jsonparse path=\"$(p)\"", {"{}"}, {{"p", true}}), "error: path: bad input for task");
    expect_at_most_one_input("jsonparse path=a");
}

TEST(Jsonparse, ReadsANumberToo) {
    EXPECT_EQ(run("jsonparse path=\"\" data=\"$(n)\"", {}, {{"n", std::int64_t{21}}}), "int64 21")
        << "an adapter may have delivered it";
}

}  // namespace baton::pipeline::testing
