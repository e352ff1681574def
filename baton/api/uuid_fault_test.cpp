#include "baton/api/uuid_fault.hpp"

#include <gtest/gtest.h>

namespace baton::api {
namespace {

TEST(UuidFault, SaysWhatV1110Says) {
    EXPECT_EQ(uuid_fault(""), "uuid: incorrect UUID length: ");
    EXPECT_EQ(uuid_fault("abc"), "uuid: incorrect UUID length: abc");
    EXPECT_EQ(uuid_fault("0eec7e1d_d0d2_476c_a1a8_72dfb6633f46"),
              "uuid: incorrect UUID format 0eec7e1d_d0d2_476c_a1a8_72dfb6633f46");
    EXPECT_EQ(uuid_fault("(0eec7e1d-d0d2-476c-a1a8-72dfb6633f46)"),
              "uuid: incorrect UUID format (0eec7e1d-d0d2-476c-a1a8-72dfb6633f46)");
    EXPECT_EQ(uuid_fault("urx:uuid:0eec7e1d-d0d2-476c-a1a8-72dfb6633f46"),
              "uuid: incorrect UUID format: urx:uuid:0eec7e1d-d0d2-476c-a1a8-72dfb6633f46");
}

TEST(UuidFault, NamesTheFirstByteThatIsNoDigit) {
    const auto invalid = [](std::string_view text) { return uuid_fault(text); };
    EXPECT_EQ(invalid("zeec7e1d-d0d2-476c-a1a8-72dfb6633f46"), "encoding/hex: invalid byte: U+007A 'z'");
    EXPECT_EQ(invalid("0eec7e1dd0d2476ca1a872dfb6633f4g"), "encoding/hex: invalid byte: U+0067 'g'");
    EXPECT_EQ(invalid("{0eec7e1d-d0x2-476c-a1a8-72dfb6633f46}"), "encoding/hex: invalid byte: U+0078 'x'");
    EXPECT_EQ(invalid("urn:uuid:0eec7e1d-d0d2-476c-a1a8-72dfb6633f4 "),
              "encoding/hex: invalid byte: U+0020 ' '");
    EXPECT_EQ(invalid("\xc3\xa9"
                      "ec7e1d-d0d2-476c-a1a8-72dfb6633f46"),
              "encoding/hex: invalid byte: U+00C3 '\xc3\x83'");
    EXPECT_EQ(invalid("\x01"
                      "eec7e1d-d0d2-476c-a1a8-72dfb6633f46"),
              "encoding/hex: invalid byte: U+0001");
}

}  // namespace
}  // namespace baton::api
