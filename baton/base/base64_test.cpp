#include "baton/base/base64.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

TEST(Base64, GoesBothWays) {
    // RFC 4648 section 10.
    for (const auto& [plain, text] : {std::pair{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg=="},
                                      {"fooba", "Zm9vYmE="},
                                      {"foobar", "Zm9vYmFy"}}) {
        EXPECT_EQ(to_base64(as_bytes(plain)), text);
        EXPECT_EQ(from_base64(text), to_bytes(plain));
    }
    const Bytes high{0xfb, 0xff, 0xfe};
    EXPECT_EQ(to_base64(high), "+//+");
    EXPECT_EQ(to_base64(high, Base64Alphabet::url), "-__-");
    EXPECT_EQ(from_base64("-__-", Base64Alphabet::url), high);
    EXPECT_EQ(from_base64("Zm9v\r\nYg=\n=\n"), to_bytes("foob"));
}

TEST(Base64, NamesTheByteAtFault) {
    for (const auto& [text, offset] : {std::pair{"Zm9v!mE=", 4U},
                                       {"Zm9vYg", 4U},
                                       {"Zg=", 3U},
                                       {"Z===", 1U},
                                       {"=", 0U},
                                       {"Zg=x", 3U},
                                       {"Zg==Zg==", 4U},
                                       {"-__-", 0U},
                                       {"Zm9v\nY", 5U}}) {
        const auto decoded = decode_base64(text);
        const auto* fault = std::get_if<Base64Fault>(&decoded);
        ASSERT_TRUE(fault) << text;
        EXPECT_EQ(fault->offset, offset) << text;
    }
}

}  // namespace
}  // namespace baton
