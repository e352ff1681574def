#include "baton/pipeline/catalogue.hpp"
#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Base64Encode, GivesTheTextOfTextsAndBytes) {
    EXPECT_EQ(run("base64encode input=Hello"), "string SGVsbG8=");
    EXPECT_EQ(run("base64encode", {"é"}), "string w6k=");
    EXPECT_EQ(run("base64encode", {"0xff"}), "string MHhmZg==") << "a text, although it looks like hex";
    EXPECT_EQ(run("base64encode", {Bytes{0xfb, 0xff, 0xbf}}), "string +/+/");
    for (const Value& nothing : Inputs{"", Bytes{}, Value()})
        EXPECT_EQ(run("base64encode", {nothing}), "string ");
}

TEST(Base64Encode, RefusesOtherKinds) {
    EXPECT_EQ(run("base64encode", {std::int64_t{5}}),
              "error: input: expected array of bytes, got int64: bad input for task");
    EXPECT_EQ(run("base64encode"), "error: input: index out of range");
    expect_at_most_one_input("base64encode input=x");
}

TEST(Base64Encode, IsRecordedUnderTheNameOfItsInverse) {
    EXPECT_EQ(find_task_type("base64encode")->recorded, "base64decode");
}

}  // namespace baton::pipeline::testing
