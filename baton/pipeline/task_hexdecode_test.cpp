#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Hexdecode, GivesTheBytes) {
    EXPECT_EQ(run("hexdecode input=\"0x00fFA1\""), "bytes 0x00ffa1");
    EXPECT_EQ(run("hexdecode", {"0X01"}), "bytes 0x01");
    EXPECT_EQ(run("hexdecode", {"0x"}), "bytes 0x");
    EXPECT_EQ(run("hexdecode", {to_bytes("0x01")}), "bytes 0x01") << "bytes are read as a text";
}

TEST(Hexdecode, RefusesWhatIsNoHex) {
    EXPECT_EQ(run("hexdecode input=\"01ff\""), "error: hex string must have prefix 0x");
    EXPECT_EQ(run("hexdecode", {""}), "error: hex string must have prefix 0x");
    EXPECT_EQ(run("hexdecode", {"0x012"}),
              "error: failed to decode hex string: encoding/hex: odd length hex string");
    EXPECT_EQ(run("hexdecode", {"0x0g"}),
              "error: failed to decode hex string: encoding/hex: invalid byte: U+0067 'g'");
    EXPECT_EQ(run("hexdecode", {std::int64_t{5}}),
              "error: input: expected string, got int64: bad input for task");
    EXPECT_EQ(run("hexdecode"), "error: input: index out of range");
    expect_at_most_one_input("hexdecode input=\"0x01\"");
}

}  // namespace baton::pipeline::testing
