#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Mean, RoundsToSixteenPlacesOrAsAskedFor) {
    EXPECT_EQ(run("mean", {"1", std::int64_t{2}, 3.0, decimal("4")}), "decimal 2.5");
    EXPECT_EQ(run("mean values=<[3, 3, 4]>"), "decimal 3.3333333333333333");
    EXPECT_EQ(run("mean values=<[0, 0, 2]>"), "decimal 0.6666666666666667");
    EXPECT_EQ(run("mean values=<[1, 2]> precision=0"), "decimal 2") << "half goes away from zero";
    EXPECT_EQ(run("mean values=<[-1, -2]> precision=0"), "decimal -2");
    EXPECT_EQ(run("mean values=<[149, 150]> precision=-2"), "decimal 100");
    EXPECT_EQ(run(R"g(mean values=<[1, 0, 0]> precision="$(p)")g", {}, {{"p", std::int64_t{2}}}),
              "decimal 0.33");
}

TEST(Mean, AllFaultsAreLeftOutOfTheCount) {
    EXPECT_EQ(run("mean", {ErrorValue{"boom"}, "3", "4"}), "decimal 3.5");
}

TEST(Mean, NeedsNumbers) {
    EXPECT_EQ(run("mean", {"1", "abc"}),
              "error: values: can't convert abc to decimal: bad input for task: bad input for task");
    EXPECT_EQ(run("mean values=<[1, null]>"),
              "error: values: type <nil> cannot be converted to decimal.Decimal (<nil>): bad input for task: "
              "bad input for task");
    EXPECT_EQ(run("mean precision=x allowedFaults=y values=<{}>"),
              "error: allowedFaults: strconv.ParseUint: parsing \"y\": invalid syntax: bad input for task; "
              "precision: strconv.ParseInt: parsing \"x\": invalid syntax: bad input for task; "
              "values: expected slice, got map[string]interface {}: bad input for task");
}

}  // namespace baton::pipeline::testing
