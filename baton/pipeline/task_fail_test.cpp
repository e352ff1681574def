#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Fail, FailsWithItsMessage) {
    EXPECT_EQ(run("fail msg=\"oh no\""), "error: oh no");
    EXPECT_EQ(run("fail"), "error: ");
    EXPECT_EQ(run("fail msg=\" $(x)\"", {}, {{"x", "y"}}), "error:  $(x)") << "as it is written";
    EXPECT_EQ(run("fail msg=no", {"1", ErrorValue{"boom"}}), "error: no") << "inputs do not matter";
}

}  // namespace baton::pipeline::testing
