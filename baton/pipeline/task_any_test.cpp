#include "baton/pipeline/task_testing.hpp"

#include <set>

namespace baton::pipeline::testing {

TEST(Any, GivesOneOfTheInputsThatDidNotFail) {
    EXPECT_EQ(run("any", {std::int64_t{42}}), "int64 42");
    EXPECT_EQ(run("any", {ErrorValue{"boom"}, Value::map({{"a", "b"}})}), "{a: string b}");
    EXPECT_EQ(run("any", {Value(), ErrorValue{"boom"}}), "null") << "null is a value";
}

TEST(Any, EveryOneHasItsTurn) {
    const Inputs inputs{"a", ErrorValue{"boom"}, "b", "c"};
    std::set<std::string> seen;
    for (int draw = 0; draw < 200; ++draw)
        seen.insert(run("any", inputs));
    EXPECT_EQ(seen, (std::set<std::string>{"string a", "string b", "string c"}));
}

TEST(Any, NeedsOneAnswer) {
    EXPECT_EQ(run("any"), "error: AnyTask requires at least 1 input: wrong number of task inputs");
    EXPECT_EQ(run("any", {ErrorValue{"a"}, ErrorValue{"b"}}),
              "error: There were zero non-errored inputs: bad input for task");
}

}  // namespace baton::pipeline::testing
