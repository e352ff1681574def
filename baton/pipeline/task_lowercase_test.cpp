#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Lowercase, MapsEveryLetterByItself) {
    EXPECT_EQ(run("lowercase input=\"Hello 1X\""), "string hello 1x");
    EXPECT_EQ(run("lowercase", {"ÄÉŽ ДЖ"}), "string äéž дж");
    EXPECT_EQ(run("lowercase", {"ΟΔΟΣ"}), "string οδοσ") << "no final sigma";
    EXPECT_EQ(run("lowercase", {"İI"}), "string ii") << "of no language";
    EXPECT_EQ(run("lowercase", {""}), "string ");
}

TEST(Lowercase, TakesTextsOnly) {
    EXPECT_EQ(run("lowercase", {Bytes{'A', 'b'}}), "string ab");
    EXPECT_EQ(run("lowercase", {Value::memo("AB")}), "string ab");
    EXPECT_EQ(run("lowercase", {std::int64_t{5}}),
              "error: input: expected string, got int64: bad input for task");
    EXPECT_EQ(run("lowercase", {Value()}), "error: input: expected string, got <nil>: bad input for task");
    expect_at_most_one_input("lowercase input=x");
}

}  // namespace baton::pipeline::testing
