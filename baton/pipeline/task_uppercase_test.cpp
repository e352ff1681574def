#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Uppercase, MapsEveryLetterByItself) {
    EXPECT_EQ(run("uppercase input=\"Hello 1x\""), "string HELLO 1X");
    EXPECT_EQ(run("uppercase", {"äéž дж ς"}), "string ÄÉŽ ДЖ Σ");
    EXPECT_EQ(run("uppercase", {"straße"}), "string STRAßE") << "one letter never becomes two";
    EXPECT_EQ(run("uppercase", {"ıi"}), "string II") << "of no language";
    EXPECT_EQ(run("uppercase", {""}), "string ");
}

TEST(Uppercase, TakesTextsOnly) {
    EXPECT_EQ(run("uppercase", {Bytes{'A', 'b'}}), "string AB");
    EXPECT_EQ(run("uppercase", {true}), "error: input: expected string, got bool: bad input for task");
    EXPECT_EQ(run("uppercase"), "error: input: index out of range");
    expect_at_most_one_input("uppercase input=x");
}

}  // namespace baton::pipeline::testing
