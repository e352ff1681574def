#include "baton/crypto/session_cookie.hpp"

#include "baton/base/base64.hpp"
#include "baton/crypto/gob_text_map.hpp"
#include "baton/crypto/sha.hpp"

#include <gtest/gtest.h>

namespace baton::crypto {
namespace {

// Made by a v1.11.0 with this ROOT/secret.
const std::string real_cookie =
    "MTc5NTQzMDk4NXxEdi1CQkFFQ180SUFBUkFCRUFBQVJ2LUNBQUVHYzNSeWFXNW5EQTRBREdOc2MyVnpjMmx2Ymw5cFpBWnpkSEpwYm1j"
    "TUlnQWdZemcy"
    "T0RWbE5XTTBZVEl3TkdRNE1Ea3paalpsTnpBd01qTXlaVGRrTUdRPXy5Hc0Qw3MBIiCAQy7jfWF97nIsvrUdAlPMzxzI1P740A==";
const std::string real_id = "c8685e5c4a204d8093f6e700232e7d0d";
const WallTime made_at{std::chrono::seconds(1795430985)};

Secret key() {
    return Secret(BytesView(*from_base64("zqQbuEzjZdMQRFZD7MTrf4rIWTXKtDhXk233impO6pI=")));
}

TEST(SessionCookie, IsTheReferenceNodesByteForByte) {
    EXPECT_EQ(make_session_cookie(key(), real_id, made_at), real_cookie);
    EXPECT_EQ(read_session_cookie(key(), real_cookie, made_at + std::chrono::hours(24)), real_id);
}

TEST(SessionCookie, EndsAfterThirtyDays) {
    EXPECT_TRUE(read_session_cookie(key(), real_cookie, made_at + session_cookie_age));
    EXPECT_FALSE(
        read_session_cookie(key(), real_cookie, made_at + session_cookie_age + std::chrono::seconds(1)));
}

TEST(SessionCookie, RefusesWhatItDidNotSign) {
    EXPECT_FALSE(read_session_cookie(Secret(std::string(32, 'k')), real_cookie, made_at));
    Bytes raw = *from_base64(real_cookie, Base64Alphabet::url);
    for (const std::size_t at : {std::size_t{0}, std::size_t{20}, raw.size() - 1}) {
        Bytes forged = raw;
        forged[at] ^= 1;
        EXPECT_FALSE(read_session_cookie(key(), to_base64(forged, Base64Alphabet::url), made_at)) << at;
    }
    for (const std::string& bad :
         {std::string(), std::string("a|b"), std::string("fHw="), std::string(5000, 'A')}) {
        EXPECT_FALSE(read_session_cookie(key(), bad, made_at)) << bad;
    }
}

// Written by Go: three pairs of text, float64 and int under a later type id.
TEST(GobTextMap, ReadsOtherTypeIdsAndSkipsOtherTypes) {
    const auto stream = from_hex(
        "0eff83040102ff840001100110000051ff84000306737472696e670c0500036f6e6503696e740402000406737472696e670c"
        "0600047465787406737472696e670c05000374776f06737472696e670c0300016607666c6f61743634080400fef83f");
    const auto pairs = decode_gob_text_map(*stream);
    ASSERT_TRUE(pairs);
    EXPECT_EQ(*pairs, (std::map<std::string, std::string>{{"text", "two"}}));
}

TEST(GobTextMap, RefusesEveryTruncation) {
    const Bytes whole = encode_gob_text_map({{"clsession_id", std::string(200, 'x')}});
    EXPECT_EQ(decode_gob_text_map(whole)->at("clsession_id"), std::string(200, 'x'));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(decode_gob_text_map(BytesView(whole).first(length))) << length;
    }
}

}  // namespace
}  // namespace baton::crypto
