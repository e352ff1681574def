#include "baton/crypto/foreign_keys.hpp"
#include "baton/crypto/bech32.hpp"
#include "baton/crypto/curve25519.hpp"
#include "baton/crypto/secp256k1.hpp"

#include <gtest/gtest.h>

namespace baton::crypto {
namespace {

TEST(PrimeCurve, ConstantsAreCurves) {
    EXPECT_TRUE(stark_curve().consistent());
    EXPECT_TRUE(bn254().consistent());
    EXPECT_TRUE(wei25519().consistent());
    EXPECT_THROW(bn254().multiply(Bytes{0}), std::invalid_argument);
}

// reference/keystore.md section 12.2.
TEST(ForeignKeys, StarkNetAccounts) {
    for (const auto& [scalar, account] :
         {std::pair{"0398eca85a333bc5de78f87d70d26f6e1f2438da6d163424b20f6190d3c38a21",
                    "057605d472e1478b66396d8abec8f6c58348d9278d25049d9d73dafab40cde0c"},
          {"18e693006a3dc4db5adf7812c2e4ab8d7729707fcb3c439de0939f39de8d2b",
           "05c96456a9d58aa45e997182050f07a0649638a8f1d955935b42b6898d99e63d"},
          {"0358549759856b585a7b74ce5462e0ec0e56dbcc8fc729255150da2b62b702a6",
           "025d26785bc488193674b4e504f1ea0fc0bc28b0b92b7ce3e4b63ea5514bc3ab"}}) {
        EXPECT_EQ(to_hex(starknet_account(stark_key(*from_hex(scalar))).view()), account);
    }
}

// The first pair of each is reference/keystore.md section 12.2, the second a key made by a v1.11.0.
TEST(ForeignKeys, DkgKeys) {
    Bytes sign_scalar(32);
    sign_scalar[0] = 1337 & 0xff;
    sign_scalar[1] = 1337 >> 8;
    EXPECT_EQ(to_hex(dkg_sign_public_key(sign_scalar).view()),
              "becd7a86af89b2f3ffd11fabe897de820b74cd2956c6e047a14e35d090ade17d");
    EXPECT_EQ(to_hex(dkg_sign_public_key(
                         *from_hex("b157acf9c9d4674ab6bb3da50cbda618c9ac633e65da19a8835f8b7dfbde580f"))
                         .view()),
              "86b39fa3579a91230f0626e3b8ecfea413ca355ef169fd8e952d8d02c743e4a3");
    EXPECT_EQ(to_hex(dkg_encrypt_public_key(to_big_endian(1337, 32)).view()),
              "26578c46722826d18dc5f5a954c65c5c78e0d215a465356502ff8f002aff36ef");
    EXPECT_EQ(to_hex(dkg_encrypt_public_key(
                         *from_hex("2627e9f26faa2100e7b54081f176eac5e357e64d50c1ec17a752118b3323a4eb"))
                         .view()),
              "adddf370c840f386aad894b536ac117bf60d2bb80a39fc931d9033f7624f36e0");
}

TEST(ForeignKeys, TerraAddress) {
    const auto key = PrivateKey::from_scalar(
        *from_hex("cea8cebc5196e7109179c287fca0d7f90e2849f3022d7a07c0edc35856fc51cc"));
    EXPECT_EQ(terra_address(compress(key->public_key())), "terra195j5mlvf6axp4frukduu399yq9dnnr60nyczf4");
}

// BIP 173, valid checksums.
TEST(Bech32, AgreesWithThePublishedValues) {
    EXPECT_EQ(to_bech32("a", {}), "a12uel5l");
    EXPECT_EQ(to_bech32("split", *from_hex("c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d")),
              "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w");
}

}  // namespace
}  // namespace baton::crypto
