#include "baton/crypto/curve25519.hpp"
#include "baton/crypto/eip55.hpp"
#include "baton/crypto/keccak.hpp"
#include "baton/crypto/secp256k1.hpp"

#include <gtest/gtest.h>

namespace baton::crypto {
namespace {

PrivateKey key_of(std::string_view hex) {
    return *PrivateKey::from_scalar(*from_hex(hex));
}

// reference/keystore.md sections 12.1 and 12.2.
TEST(Secp256k1, DerivesAddresses) {
    for (const auto& [scalar, address] :
         {std::pair{"82090e6f5c6eb83e4791c8782a9357cd81abd338d8fabcbebb1790f34f870050",
                    "0x0dd359b4f22a30E44b2fD744B679971941865820"},
          {"2cfa465edc1c0e362b0f09cf8b4ef9af1c3eeacd0ffb890d85cd186f11224c26",
           "0x6FDAc88DDfD811d130095373986889Ed90e0d622"},
          {"3a1076bf45ab87712ad64ccb3b10217737f7faacbf2872e88fdd9a537d8fe266",
           "0xC2D7CF95645D33006175B78989035C7c9061d3F9"}}) {
        EXPECT_EQ(to_checksum(key_of(scalar).address()), to_checksum(*parse_address(address)));
    }
    EXPECT_EQ(to_hex(compress(key_of("01").public_key()).view()),
              "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
}

TEST(Secp256k1, SignsTheExampleOfEip155) {
    const auto key = key_of("4646464646464646464646464646464646464646464646464646464646464646");
    const auto hash = parse_hash("0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    const Signature signature = key.sign(*hash);
    EXPECT_EQ(to_hex(signature.r.view()), "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276");
    EXPECT_EQ(to_hex(signature.s.view()), "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
    EXPECT_EQ(signature.recovery_id, 0);  // v = 37 on chain 1
    EXPECT_EQ(recover(*hash, signature), key.public_key());
}

TEST(Secp256k1, RecoverFailsOnNonsense) {
    Signature nonsense;
    EXPECT_FALSE(recover(Hash{}, nonsense));
    nonsense.recovery_id = 9;
    EXPECT_FALSE(recover(Hash{}, nonsense));
}

TEST(Secp256k1, TakesScalarsOfAnyLengthThatAreInRange) {
    EXPECT_EQ(key_of("00ff").stripped().reveal_bytes().size(), 1U);
    EXPECT_EQ(key_of("ff").padded().reveal_bytes().size(), 32U);
    EXPECT_EQ(key_of("ff").address(), key_of("00000000ff").address());
    const std::string order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    for (const std::string& bad : {std::string(), std::string("00"), order, "00" + order}) {
        EXPECT_FALSE(PrivateKey::from_scalar(*from_hex(bad))) << bad;
    }
}

class CountingRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override {
        for (auto& byte : out)
            byte = calls == 0 ? 0xff : 1;
        ++calls;
    }
    int calls = 0;
};

TEST(Secp256k1, DrawsAgainWhenTheScalarIsOutOfRange) {
    CountingRandom random;
    const auto key = PrivateKey::random(random);
    EXPECT_EQ(random.calls, 2);
    EXPECT_EQ(to_hex(key.padded().reveal_bytes()), to_hex(Bytes(32, 1)));
}

TEST(Curve25519, DerivesPublicKeys) {
    Bytes seed(32);
    seed[0] = 1;
    EXPECT_EQ(to_hex(ed25519_public_key(seed).view()),
              "cecc1507dc1ddd7295951c290888f095adb9044d1b73d696e6df065d683bd4fc");
    // Encryption key of vector V7 and its "ocrcfg_" form.
    EXPECT_EQ(to_hex(x25519_public_key(
                         *from_hex("cbca6ebb80a0a5423150e2a87e954ff8778d5eb1cbbe8825216823b77b31ed5e"))
                         .view()),
              "75581baab36744671c2b1d75071b07b08b9cb631b3a7155d2f590744983d9c41");
    EXPECT_THROW(ed25519_public_key(Bytes(31)), std::invalid_argument);
}

}  // namespace
}  // namespace baton::crypto
