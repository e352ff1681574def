#include "baton/pipeline/engine_testing.hpp"
#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Conditional, PassesOnTrueOnly) {
    for (const Value& yes : Inputs{true, "true", "1", "t", "T", "TRUE", "True", Value::memo(true)})
        EXPECT_EQ(run("conditional", {yes}), "bool true");
    for (const Value& no : Inputs{false, "false", "0", "f", "F", "FALSE", "False", Value::memo(false)})
        EXPECT_EQ(run("conditional", {no}), "error: conditional was not satisfied");
    EXPECT_EQ(run(R"g(conditional data="$(x)")g", {false}, {{"x", true}}), "bool true");
}

TEST(Conditional, WhatIsWrittenIsIgnored) {
    EXPECT_EQ(run("conditional data=true"), "error: data: index out of range");
    EXPECT_EQ(run("conditional data=true", {false}), "error: conditional was not satisfied");
}

TEST(Conditional, RefusesWhatIsNeitherTrueNorFalse) {
    EXPECT_EQ(run("conditional", {"tRUE"}),
              "error: data: strconv.ParseBool: parsing \"tRUE\": invalid syntax: bad input for task");
    EXPECT_EQ(run("conditional", {Value()}),
              "error: data: expected true or false, got <nil>: bad input for task");
    EXPECT_EQ(run("conditional", {std::int64_t{1}}),
              "error: data: expected true or false, got int64: bad input for task");
    expect_at_most_one_input("conditional");
}

TEST_F(EngineTest, AConditionThatIsNotMetKeepsTheTasksBehindItFromRunning) {
    const std::string condition = R"g(
        less [type=lessthan left=2 right=1]; check [type=conditional%]; send [type=memo value=1]
        less -> check -> send)g";
    const auto with = [&](const std::string& more) {
        std::string graph = condition;
        return graph.replace(graph.find('%'), 1, more);
    };
    const RunOutcome failed = execute(with(""));
    EXPECT_EQ(row(failed.run, "check").error, "conditional was not satisfied");
    EXPECT_EQ(row(failed.run, "send").error, "task value missing: too many errors");
    const RunOutcome stopped = execute(with(" failEarly=true"));
    EXPECT_TRUE(stopped.fail_silently);
    EXPECT_EQ(row(stopped.run, "send").error, "task run cancelled (fail early)");
}

}  // namespace baton::pipeline::testing
