#include "baton/crypto/vrf.hpp"

#include "baton/base/big_int.hpp"
#include "baton/crypto/keccak.hpp"

#include <gtest/gtest.h>

namespace baton::crypto {
namespace {

PrivateKey key_of(std::string_view hex) {
    return *PrivateKey::from_scalar(*from_hex(hex));
}
Hash word(unsigned number) {
    return hash_from(to_big_endian(BigInt(number), 32));
}
std::string hex(const auto& bytes) {
    return to_hex(bytes.view());
}

const char* const secret = "1abba90e8af63e50bda491c96107f1892ae0a827c04c8a254370e574c6a2324a";

// reference/keystore.md section 12.3, made with the key of V9.
TEST(Vrf, ProvesAsTheReferenceDoes) {
    const auto key = key_of("211ba94179a9946e324c3cb9c9c3a70eaec2ace86e623828a5c77c6adfda58fd");
    EXPECT_EQ(hex(vrf_key_id(key.public_key())),
              "d2377bc6be8a2c5ce163e1867ee42ef111e320686f940a98e52e9c019ca0606800");
    const auto proof = prove_vrf(key, word(2), key_of("03"));
    ASSERT_TRUE(proof);
    EXPECT_EQ(hex(vrf_hash_to_curve(proof->key, word(2))),
              "8efe072a2a49901ddf56e1d40fe0fb7379191d3c3830043f23adbaa7f8060c77"
              "3df08d09e34bf1e621505a2cf0fb5f2c75db9d5be4cf379c32545e825c6023ce");
    EXPECT_EQ(hex(proof->gamma),
              "9c0eef1b379456fd30efe0f2a0c76cc7b3808f4083f7fa42f8474fdc76aea757"
              "9e6e53580322c2b89352e880371ebd5a70016a12595a6538979b2d51e000eb36");
    EXPECT_EQ(hex(proof->c), "d29910b4dd4ef8b9dc617f5aa18252f7724e6d1300eb95755510e4e3d7392b4b");
    EXPECT_EQ(hex(proof->s), "25f754be1bbbcafc24d011c5816a889daed3fbac6be1be7893b6a8e2b3a79b66");
    EXPECT_EQ(hex(proof->output), "b9c38e25c59c64699d62ad77fa117a38b97203be554063887b284ba045e7ca27");
    EXPECT_EQ(hex(proof->u_witness), "6813eb9362372eef6200f3b1dbc3f819671cba69");
    const Bytes words = solidity_proof(*proof, word(2));
    EXPECT_EQ(words.size(), 416U);
    EXPECT_EQ(hex(keccak256(words)), "be07d27b3ac3375a769c06df056c5368477d80ddf57227a772dd38dd261a68a0");
}

TEST(Vrf, TheOutputDoesNotDependOnTheNonce) {
    const auto key = key_of(secret);
    const auto first = prove_vrf(key, word(7), Random::system());
    const auto second = prove_vrf(key, word(7), Random::system());
    EXPECT_NE(first.c, second.c);
    EXPECT_EQ(first.output, second.output);
    EXPECT_NE(first.output, prove_vrf(key, word(8), Random::system()).output);
}

TEST(Vrf, AProofThatWasChangedDoesNotHold) {
    const auto proof = prove_vrf(key_of(secret), word(7), Random::system());
    ASSERT_TRUE(verify_vrf(proof));
    const auto holds = [&](auto change) {
        VrfProof changed = proof;
        change(changed);
        return verify_vrf(changed);
    };
    EXPECT_FALSE(holds([](VrfProof& p) { p.seed.bytes[31] ^= 1; }));
    EXPECT_FALSE(holds([](VrfProof& p) { p.c.bytes[0] ^= 1; }));
    EXPECT_FALSE(holds([](VrfProof& p) { p.s.bytes[0] ^= 1; }));
    EXPECT_FALSE(holds([](VrfProof& p) { p.s = Hash{}; }));
    EXPECT_FALSE(holds([](VrfProof& p) { p.output.bytes[0] ^= 1; }));
    EXPECT_FALSE(holds([](VrfProof& p) { p.u_witness.bytes[0] ^= 1; }));
    EXPECT_FALSE(holds([](VrfProof& p) { p.gamma = p.key; }));
    EXPECT_FALSE(holds([](VrfProof& p) { p.gamma.bytes[0] ^= 1; })) << "no point of the curve";
    EXPECT_FALSE(holds([](VrfProof& p) { p.key = p.gamma; }));
}

TEST(Vrf, KeyIdsNamePointsOfTheCurveOnly) {
    const auto key = key_of(secret).public_key();
    VrfKeyId id = vrf_key_id(key);
    EXPECT_EQ(vrf_public_key(id), key);
    id.bytes.back() ^= 1;
    const auto mirrored = vrf_public_key(id);
    ASSERT_TRUE(mirrored);
    EXPECT_NE(*mirrored, key);
    id.bytes.back() = 2;
    EXPECT_FALSE(vrf_public_key(id)) << "the form of SEC 1";
    VrfKeyId none;
    none.bytes[31] = 5;
    EXPECT_FALSE(vrf_public_key(none)) << "5 is no x of the curve";
}

}  // namespace
}  // namespace baton::crypto
