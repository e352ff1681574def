#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Merge, TheRightMapsMembersReplaceThoseOfTheLeft) {
    EXPECT_EQ(run(R"(merge left=<{"a": "x", "b": 1, "c": null}> right=<{"a": 42, "b": null}>)"),
              "{a: int64 42, b: null, c: null}");
    EXPECT_EQ(run(R"(merge left=<{"a": {"x": 1}}> right=<{"a": {"y": 2}}>)"), "{a: {y: int64 2}}")
        << "maps inside are replaced, not merged";
    EXPECT_EQ(run(R"g(merge left=<{"a": 1}> right="$(r)")g", {}, {{"r", Value::map({{"b", true}})}}),
              "{a: int64 1, b: bool true}");
    EXPECT_EQ(run(R"(merge left=<{"a": 1}> right=null)"), "{a: int64 1}");
}

TEST(Merge, TheInputIsTheLeftMapWhenNoneIsWritten) {
    EXPECT_EQ(run(R"(merge right=<{"b": "2"}>)", {R"({"a": 1})"}), "{a: float64 1, b: string 2}")
        << "numbers of a text are read as floats";
    EXPECT_EQ(run(R"(merge left=<{"c": 1}> right=<{"b": "2"}>)", {R"({"a": 1})"}),
              "{b: string 2, c: int64 1}");
}

TEST(Merge, TheLeftMapIsChangedForAllWhoHoldIt) {
    const Value left = Value::map({{"a", std::int64_t{1}}});
    const Value right = Value::map({{"b", "2"}});
    const codec::Map vars{{"l", left}, {"r", right}};
    EXPECT_EQ(run(R"g(merge left="$(l)" right="$(r)")g", {}, vars), "{a: int64 1, b: string 2}");
    EXPECT_EQ(show(left), "{a: int64 1, b: string 2}");
    EXPECT_EQ(show(right), "{b: string 2}");
}

TEST(Merge, ANullOnTheLeftTakesNothing) {
    EXPECT_EQ(run(R"(merge left=null right=<{"a": 1}>)"), "panic: assignment to entry in nil map");
    EXPECT_EQ(run(R"(merge left=null right=<{}>)"), "null");
}

TEST(Merge, NeedsMaps) {
    EXPECT_EQ(run("merge"), "error: left-side: index out of range; right-side: parameter is empty");
    EXPECT_EQ(run("merge left=<[1]> right=<{}>"),
              "error: left-side: expected map, got []interface {}: bad input for task");
    EXPECT_EQ(
        run("merge right=<{}>", {"\"no map\""}),
        "error: left-side: json: cannot unmarshal string into Go value of type map[string]interface {}");
    EXPECT_EQ(
        run("merge left=<{}> right=\"not a map\""),
        "error: right-side: while unmarshalling JSON: invalid character 'o' in literal null (expecting 'u'); "
        "js: not a map: bad input for task");
    expect_at_most_one_input("merge left=<{}> right=<{}>");
}

}  // namespace baton::pipeline::testing
