#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Lookup, GivesTheMemberOfItsInput) {
    const Value map = Value::map({{"foo", std::int64_t{42}}, {" foo", "spaced"}, {"", "nameless"}});
    EXPECT_EQ(run("lookup key=foo", {map}), "int64 42");
    EXPECT_EQ(run("lookup key=\" foo\"", {map}), "string spaced") << "the key is taken as written";
    EXPECT_EQ(run("lookup", {map}), "string nameless");
    EXPECT_EQ(run("lookup key=bar", {map}), "null");
    EXPECT_EQ(run("lookup key=\"$(k)\"", {map}, {{"k", "foo"}}), "null") << "variables are not looked at";
}

TEST(Lookup, GoesOneLevelDeep) {
    const Value map = Value::map({{"a", Value::map({{"b", true}})}, {"a.b", "dotted"}});
    EXPECT_EQ(run("lookup key=\"a.b\"", {map}), "string dotted");
    EXPECT_EQ(run("lookup key=a", {map}), "{b: bool true}");
}

TEST(Lookup, NeedsOneMap) {
    EXPECT_EQ(run("lookup key=\"0\"", {Value::list({"a"})}), "error: unexpected input type: []interface {}");
    EXPECT_EQ(run("lookup key=a", {R"({"a": 1})"}), "error: unexpected input type: string");
    EXPECT_EQ(run("lookup key=a", {Value()}), "error: unexpected input type: <nil>");
    EXPECT_EQ(run("lookup key=a"), "error: task inputs: min: 1 max: 1 (got 0): wrong number of task inputs");
    EXPECT_EQ(run("lookup key=a", {Value::map({}), Value::map({})}),
              "error: task inputs: min: 1 max: 1 (got 2): wrong number of task inputs");
    EXPECT_EQ(run("lookup key=a", {ErrorValue{"boom"}}), "error: task inputs: too many errors");
}

}  // namespace baton::pipeline::testing
