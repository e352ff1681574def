#include "baton/crypto/base58.hpp"
#include "baton/crypto/eip55.hpp"
#include "baton/crypto/keccak.hpp"
#include "baton/crypto/sha.hpp"

#include <gtest/gtest.h>

namespace baton::crypto {
namespace {

TEST(Hashes, AgreeWithPublishedValues) {
    EXPECT_EQ(to_hex(keccak256({}).view()),
              "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    EXPECT_EQ(
        to_hex(keccak256(
                   as_bytes(
                       "OracleRequest(bytes32,address,bytes32,uint256,address,bytes4,uint256,uint256,bytes)"))
                   .view()),
        "d8d7ecc4800d25fa53ce0372f13a416d98907a7ef3d8d3bdd79cf4fe75529c65");
    EXPECT_EQ(keccak256({as_bytes("ab"), {}, as_bytes("c")}), keccak256(as_bytes("abc")));
    EXPECT_EQ(to_hex(sha256(as_bytes("abc")).view()),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha3_256(as_bytes("abc")).view()),
              "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
    // RFC 4231 test case 2.
    EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).view()),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256({}, {}).view()),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Eip55, WritesAndDemandsTheChecksum) {
    // Examples of EIP-55.
    for (const char* text :
         {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
          "0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77"}) {
        const auto address = parse_eip55(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(to_checksum(*address), text);
    }
    EXPECT_FALSE(parse_eip55("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"));
    EXPECT_FALSE(parse_eip55("0X52908400098527886E0F7030069857D2E4169EE7"));
    EXPECT_TRUE(parse_eip55("0x0000000000000000000000000000000000000001"));
}

TEST(Base58, GoesBothWays) {
    for (const auto& [hex, text] :
         {std::pair{"", ""},
          {"00", "1"},
          {"0000287fb4cd", "11233QC4"},
          {"73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"}}) {
        EXPECT_EQ(to_base58(*from_hex(hex)), text);
        EXPECT_EQ(from_base58(text), from_hex(hex));
    }
    for (const char* bad : {"0", "O", "I", "l", "1 "})
        EXPECT_FALSE(from_base58(bad)) << bad;
}

}  // namespace
}  // namespace baton::crypto
