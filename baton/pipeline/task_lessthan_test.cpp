#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Lessthan, ComparesNumbers) {
    EXPECT_EQ(run("lessthan left=9 right=10"), "bool true");
    EXPECT_EQ(run("lessthan left=10 right=9"), "bool false");
    EXPECT_EQ(run("lessthan left=\"1.0\" right=1"), "bool false") << "equal";
    EXPECT_EQ(run("lessthan left=\"-1e2\" right=\"-99.9\""), "bool true");
    EXPECT_EQ(run("lessthan left=\"9007199254740992\" right=\"9007199254740993\""), "bool true")
        << "digits that a float does not hold";
    EXPECT_EQ(run("lessthan right=\"$(r)\"", {1.5}, {{"r", BigInt(2)}}), "bool true");
}

TEST(Lessthan, NamesItsParameters) {
    EXPECT_EQ(run("lessthan input=1 limit=2"), "error: left: index out of range; right: parameter is empty");
    EXPECT_EQ(run("lessthan right=1", {true}),
              "error: left: type bool cannot be converted to decimal.Decimal (true): bad input for task");
    EXPECT_EQ(run("lessthan left=1 right=abc"),
              "error: right: can't convert abc to decimal: bad input for task");
    expect_at_most_one_input("lessthan left=1 right=2");
}

}  // namespace baton::pipeline::testing
