#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Base64Decode, GivesTheBytes) {
    EXPECT_EQ(run("base64decode input=\" SGVsbG8= \""), "bytes 0x48656c6c6f");
    EXPECT_EQ(run("base64decode", {"+/+/"}), "bytes 0xfbffbf");
    EXPECT_EQ(run("base64decode", {"SGVs\r\nbG8="}), "bytes 0x48656c6c6f") << "line ends are skipped";
    EXPECT_EQ(run("base64decode", {""}), "bytes 0x");
    EXPECT_EQ(run("base64decode", {to_bytes("AQID")}), "bytes 0x010203");
}

TEST(Base64Decode, SaysWhereATextIsWrong) {
    const std::string at = "error: failed to decode base64 string: illegal base64 data at input byte ";
    EXPECT_EQ(run("base64decode", {"S.G_VsbG8="}), at + "1");
    EXPECT_EQ(run("base64decode", {"-_-_"}), at + "0") << "the alphabet of URLs is another one";
    EXPECT_EQ(run("base64decode", {" AQID"}), at + "0") << "an input is not trimmed";
    EXPECT_TRUE(run("base64decode", {"SGVsbG8"}).starts_with(at)) << "padding is required";
}

TEST(Base64Decode, TakesTextsOnly) {
    EXPECT_EQ(run("base64decode", {std::int64_t{5}}),
              "error: input: expected string, got int64: bad input for task");
    EXPECT_EQ(run("base64decode"), "error: input: index out of range");
    expect_at_most_one_input("base64decode input=AQID");
}

}  // namespace baton::pipeline::testing
