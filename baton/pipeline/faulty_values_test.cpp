// What mean, median, mode and sum have in common.

#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

const std::vector<std::string> kinds{"mean", "median", "mode", "sum"};
const ErrorValue fault{"boom"};

std::string too_many(const std::string& kind, int faults, int allowed) {
    return "error: Number of faulty inputs " + std::to_string(faults) + " to " + kind +
           " task > number allowed faults " + std::to_string(allowed) + ": too many errors";
}
bool failed(const std::string& result) {
    return result.starts_with("error: ");
}

}  // namespace

TEST(FaultyValues, AsManyAsAreAllowedAreLeftOut) {
    for (const auto& kind : kinds) {
        const std::string task = kind + " allowedFaults=2";
        EXPECT_EQ(run(task, {fault, "4", fault}), run(kind, {"4"})) << kind;
        EXPECT_EQ(run(task, {fault, fault, "4", fault}), too_many(kind, 3, 2));
        EXPECT_EQ(run(kind + " allowedFaults=0", {"4", fault}), too_many(kind, 1, 0));
    }
}

TEST(FaultyValues, OneGoodValueIsEnoughWhenNothingElseIsSaid) {
    for (const auto& kind : kinds) {
        EXPECT_EQ(run(kind, {fault, fault, "4"}), run(kind, {"4"})) << kind;
        EXPECT_FALSE(failed(run(kind, {"4"}))) << kind;
        EXPECT_EQ(run(kind + " allowedFaults=\" \"", {fault, fault}), too_many(kind, 2, 1));
        EXPECT_EQ(run(kind), too_many(kind, 0, -1));
        EXPECT_EQ(run(kind + R"g( values="$(v)")g", {"4"}, {{"v", Value()}}), too_many(kind, 0, -1));
    }
}

TEST(FaultyValues, WithoutAnyGoodValueThereIsNoResult) {
    for (const auto& kind : kinds) {
        const std::string name = kind == "median" ? "no values to medianize" : "values";
        EXPECT_EQ(run(kind + " allowedFaults=2", {fault}),
                  "error: " + name + ": wrong number of task inputs");
        EXPECT_EQ(run(kind + " allowedFaults=0"), "error: " + name + ": wrong number of task inputs");
    }
}

TEST(FaultyValues, TheListMayBeWrittenWithVariables) {
    const codec::Map vars{{"good", "4"}, {"bad", fault}, {"list", Value::list({"1", "4", "4"})}};
    for (const auto& kind : kinds) {
        EXPECT_EQ(run(kind + R"g( values=<[ $(good), $(bad) ]>)g", {"7"}, vars), run(kind, {"4"})) << kind;
        EXPECT_EQ(run(kind + R"g( values="$(list)")g", {"7"}, vars), run(kind, {"1", "4", "4"})) << kind;
        EXPECT_EQ(run(kind + R"g( values="$(bad)")g", {"7"}, vars),
                  "error: values: VarExpr: boom: too many errors");
        EXPECT_EQ(run(kind + R"g( values=<[ $(none) ]>)g", {"7"}, vars),
                  "error: values: key none (segment 0 in keypath none): keypath not found");
    }
}

TEST(FaultyValues, RefusesWhatIsNoListOrNoCount) {
    for (const auto& kind : kinds) {
        EXPECT_EQ(run(kind + " values=<{\"a\": 1}>"),
                  "error: values: expected slice, got map[string]interface {}: bad input for task");
        EXPECT_EQ(
            run(kind + R"g( values="$(v)")g", {}, {{"v", Value::typed_list("decimal", {decimal("1")})}}),
            "error: values: expected slice, got []decimal.Decimal: bad input for task");
        EXPECT_EQ(
            run(kind + R"g( allowedFaults="$(n)")g", {"1"}, {{"n", "1"}}),
            "error: allowedFaults: strconv.ParseUint: parsing \"$(n)\": invalid syntax: bad input for task");
        EXPECT_EQ(
            run(kind + " allowedFaults=-1", {"1"}),
            "error: allowedFaults: strconv.ParseUint: parsing \"-1\": invalid syntax: bad input for task");
    }
}

TEST(FaultyValues, NumbersOfAListWrittenInTheTaskKeepTheirDigits) {
    EXPECT_EQ(run("sum values=<[18446744073709551617]>"), "decimal 18446744073709551617");
    EXPECT_EQ(run(R"g(sum values="$(v)")g", {}, {{"v", "[18446744073709551617]"}}),
              "decimal 18446744073709552000")
        << "those of a text go through floats";
}

}  // namespace baton::pipeline::testing
