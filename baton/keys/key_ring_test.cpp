#include "baton/keys/key_ring.hpp"

#include "baton/base/error.hpp"
#include "baton/crypto/secp256k1.hpp"
#include "baton/crypto/web3_crypto.hpp"
#include "baton/keys/key_identity.hpp"
#include "baton/keys/key_ring_file.hpp"
#include "baton/keys/reference_ring_testing.hpp"

#include <gtest/gtest.h>

#include <map>

namespace baton::keys {
namespace {

// reference/keystore.md section 12.3.
const std::string vector_plaintext =
    "{\"Eth\":[\"LPpGXtwcDjYrDwnPi075rxw+6s0P+4kNhc0YbxEiTCY=\"],\"CSA\":[\"AQAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAADOzBUH3B3dcpWVHCkIiPCVrbkETRtz1pbm3wZdaDvU/A==\"],\"OCR\":[\"eyJFY"
    "2RzYUQiOjEsIkVkMjU1MTlQcml2S2V5IjoiQVFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQ"
    "UFBQUFBRE96QlVIM0IzZGNwV1ZIQ2tJaVBDVnJia0VUUnR6MXBibTN3WmRhRHZVL0E9PSIsIk9mZkNoYWluR"
    "W5jcnlwdGlvbiI6WzEsMCwwLDAsMCwwLDAsMCwwLDAsMCwwLDAsMCwwLDAsMCwwLDAsMCwwLDAsMCwwLDAsM"
    "CwwLDAsMCwwLDAsMF19\"],\"OCR2\":null,\"P2P\":[\"CAESQAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAzswVB9wd3XKVlRwpCIjwla25BE0bc9aW5t8GXWg71Pw=\"],\"Solana\":null,\"Terra\":null,\"Sta"
    "rkNet\":null,\"VRF\":[\"AQ==\"],\"DKGSign\":null,\"DKGEncrypt\":null}";
const std::string vector_stored =
    "{\"cipher\":\"aes-128-ctr\",\"ciphertext\":\"23a7b49665e697ef42bd373c381407daa7b0212f867256"
    "d18054735be04fdd9824ffa36fd036851605e69b777c78e957ff653eb1091ae5b8d18ed67c8b8808daf8"
    "f6f3057ab894b33fc7e8691dc22bdabefa36d882e3e4dc7a910439deed90d804001596a551d588138216"
    "8c7e3320895bf878c7e89b775deb0c05e1c2ddb655e0f59d1d2280903891b05874aec90826e69faab237"
    "06d6709b14c23d42c093dc674cd3c254e7e32391c57cce89c8d7814da07960c568fb740bee3a14841aa3"
    "b950d97f297c4292f12e08f550b6cf5fb1f1abde8a63ebc2d1d13c6163dfef07095e51ca87128ec208db"
    "19dd2ae62bbd405cb3ebbaabce121aeb96accaf181a38dfe58ac429dd9b4e195170ad8195479bc66f214"
    "86116fa81e1b020f3437bb199d1e16569a9aa161e1a04a6357109d3b68a46c919e16a2f34470417c9634"
    "576adbc13aa33ee7b9087d6fae504e5d9ae13576e10712dee4aa92d525d68fd2f9f9614e75e567995d72"
    "d83b0f38c64a04e915f9445889c3c8f46d78cb17d8429c33ec2393b5fb7dbe57b6554834425896d52b5a"
    "beae503a4b7784ac8a7c3ac13d17d35d0ff17c63f5d15c3cc82f8318175d9c8b586ed5ea0cdcc4bd948e"
    "b04f41f3cc19567473980af4bb23d84cae1bc284eba3c8323b188e8c8efd5a77200679d02f6c1298b88f"
    "dcc25f64d5061d95821e01e49ffd5b670d8faac759f2ebcdf818f08a0fe6b644f211a3a65da91899f955"
    "dd7a256bacc7b150748c2db062932475cb2cd9825d682a71193f0d1f4b7518d479fb9d934edb4bf32bda"
    "ec77d2a614bb065f00096592f7e7688cefce8c357225a7962aabf5d295d39e01a3075e888295346df1b7"
    "d52eb6cc4c1a552825543652386dcc54b68ed588cb99e28000e85f8c5fe257420d3af648af\",\"cipherp"
    "arams\":{\"iv\":\"000102030405060708090a0b0c0d0e0f\"},\"kdf\":\"scrypt\",\"kdfparams\":{\"dklen\""
    ":32,\"n\":2,\"p\":1,\"r\":8,\"salt\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a"
    "1b1c1d1e1f\"},\"mac\":\"6b961c7a00c809f19da631690d4154221dc332502c240cd453ff728737ad1b7a"
    "\"}";
const Secret vector_password("16charlengthp4SsW0rD1!@#_");

std::string refusal(std::string_view plaintext) {
    try {
        KeyRing::parse(Secret(std::string(plaintext)));
    } catch (const InvalidInput& refused) {
        return refused.what();
    }
    return "accepted";
}

/// 0, 1, 2, ... anew for each request.
class CountingRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override {
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<std::uint8_t>(i);
    }
};

TEST(KeyRing, WritesThePlaintextOfTheReferenceNode) {
    EXPECT_EQ(KeyRing::parse(Secret(vector_plaintext)).serialise().reveal(), vector_plaintext);
    EXPECT_EQ(
        KeyRing().serialise().reveal(),
        R"({"Eth":null,"CSA":null,"OCR":null,"OCR2":null,"P2P":null,"Solana":null,"Terra":null,"StarkNet":null,)"
        R"("VRF":null,"DKGSign":null,"DKGEncrypt":null})");
}

TEST(KeyRing, ReadsNullEmptyAndMissing) {
    for (const char* text : {"{}", R"({"Eth":null})", R"({ "Eth" : [ ] , "CSA":null })"}) {
        EXPECT_TRUE(KeyRing::parse(Secret(text)).empty()) << text;
    }
}

TEST(KeyRing, KeepsClassesThatALaterReleaseMayHave) {
    const KeyRing ring = KeyRing::parse(Secret(R"({"Cosmos":["AQ==","Ag=="],"Eth":["Aw=="]})"));
    EXPECT_FALSE(ring.empty());
    const std::string written = ring.serialise().reveal();
    EXPECT_TRUE(written.starts_with(R"({"Eth":["Aw=="],"CSA":null)")) << written;
    EXPECT_TRUE(written.ends_with(R"("DKGEncrypt":null,"Cosmos":["AQ==","Ag=="]})")) << written;
}

TEST(KeyRing, RefusesOtherTextWithoutShowingIt) {
    for (const char* bad : {"", "{", "[]", R"({"Eth":"AQ=="})", R"({"Eth":["secret!"]})", R"({"Eth":[1]})",
                            R"({"Eth":null} x)", R"({"Eth":["AQ==",]})", R"({"Eth":["AQ==")"}) {
        EXPECT_EQ(refusal(bad), "the decrypted key ring is malformed") << bad;
    }
}

TEST(KeyRingFile, IsTheVectorByteForByte) {
    const KeyRing ring = decrypt_key_ring(vector_stored, vector_password);
    EXPECT_EQ(ring.serialise().reveal(), vector_plaintext);
    CountingRandom random;
    EXPECT_EQ(encrypt_key_ring(ring, vector_password, crypto::ScryptCost::insecure_fast, random),
              vector_stored);
}

TEST(KeyRingFile, AtStandardCostToo) {
    CountingRandom random;
    const KeyRing ring = KeyRing::parse(Secret(vector_plaintext));
    const auto object =
        parse_web3_crypto(encrypt_key_ring(ring, vector_password, crypto::ScryptCost::standard, random));
    EXPECT_EQ(to_hex(object.mac), "89abe9b0784c74dfb497bca012f9e27d2de2c97abeed7ceb63a62b805ab48de7");
}

TEST(KeyRingFile, SaysWhyItCannotBeRead) {
    const auto refused = [](std::string_view json, const char* password) -> std::string {
        try {
            decrypt_key_ring(json, Secret(password));
        } catch (const InvalidInput& error) {
            return error.what();
        }
        return "accepted";
    };
    EXPECT_EQ(refused(vector_stored, "wrong"),
              "unable to decrypt encrypted key ring: could not decrypt key with given password");
    EXPECT_EQ(refused(R"({"cipher":"aes-128-ctr"})", "p"),
              "unable to decrypt encrypted key ring: malformed encrypted key: \"ciphertext\" is missing");
    std::string other = vector_stored;
    other.replace(other.find("scrypt"), 6, "argon2");
    EXPECT_EQ(refused(other, "p"), "unable to decrypt encrypted key ring: unsupported KDF: argon2");
}

TEST(KeyRingFile, ReadsMemberNamesInAnyCase) {
    std::string other = vector_stored;
    other.replace(other.find("cipherparams"), 12, "CipherParams");
    EXPECT_EQ(parse_web3_crypto(other), parse_web3_crypto(vector_stored));
}

/// Decrypted once: the key derivation takes a second.
const KeyRing& reference_keys() {
    static const KeyRing ring = decrypt_key_ring(reference_ring().stored, Secret(reference_ring().password));
    return ring;
}

TEST(KeyIdentity, IsThatOfTheReferenceNodeForEveryClass) {
    const KeyRing& ring = reference_keys();
    std::multimap<std::string, std::string> expected;
    std::multimap<std::string, std::string> found;
    for (const auto& key : reference_ring().keys)
        expected.emplace(key.member, key.id);
    for (std::size_t i = 0; i < key_class_count; ++i) {
        const auto key_class = static_cast<KeyClass>(i);
        EXPECT_FALSE(ring.raw(key_class).empty()) << ring_member(key_class);
        for (const auto& raw : ring.raw(key_class)) {
            const auto identity = identify(key_class, raw);
            ASSERT_TRUE(identity) << ring_member(key_class);
            // The recording has no id of the StarkNet key; crypto/foreign_keys_test.cpp has vectors.
            if (key_class != KeyClass::starknet) found.emplace(ring_member(key_class), identity->id);
        }
    }
    EXPECT_EQ(found, expected);
}

std::string attribute(const KeyIdentity& identity, std::string_view name) {
    for (const auto& [key, value] : identity.attributes) {
        if (key == name) return value;
    }
    return "absent";
}

// Recorded from the same node.
TEST(KeyIdentity, ShowsThePublicPartsOfBundles) {
    const KeyRing& ring = reference_keys();
    const auto ocr = identify(KeyClass::ocr, ring.raw(KeyClass::ocr)[0]);
    EXPECT_EQ(attribute(*ocr, "onChainSigningAddress"), "ocrsad_0xdB38013b209Aa61b892249548e25d55D002401c9");
    EXPECT_EQ(attribute(*ocr, "offChainPublicKey"),
              "ocroff_8602141e1f232e65d3784e7eb0bb5d7cb5199c35d81d01184780ab6339cea501");
    EXPECT_EQ(attribute(*ocr, "configPublicKey"),
              "ocrcfg_7df019a4867a464091cf791aa1eb13a9724a87a05e553296af05069af33de366");
    std::map<std::string, std::string> on_chain;
    for (const auto& raw : ring.raw(KeyClass::ocr2)) {
        const auto bundle = identify(KeyClass::ocr2, raw);
        on_chain[attribute(*bundle, "chainType")] = attribute(*bundle, "onchainPublicKey");
    }
    EXPECT_EQ(on_chain["evm"], "ocr2on_evm_f3721717f723e1fda0420373afe5424d613fbe26");
    EXPECT_EQ(on_chain["solana"], "ocr2on_solana_a0d6d88bb76c02d7dad2f2ad79f072b1c2981afb");
    EXPECT_EQ(on_chain["terra"],
              "ocr2on_terra_38f0a261f327706665c58f0fde3c5a0fcd262d4cf981ac3194378a621eeb5bfd");
    const auto vrf = identify(KeyClass::vrf, ring.raw(KeyClass::vrf)[0]);
    EXPECT_EQ(attribute(*vrf, "hash"), "0x8f67e1144f0f7751aa6ae8d0dad29e9cc9798f0f7905418d5f7870ff51e6e4e7");
}

TEST(KeyIdentity, OldOcr2BundlesAreNamedByTheirHash) {
    const std::string bundle = R"({"ChainType":"terra","OffchainKeyring":")" + std::string(128, 'A') +
                               R"(","TerraKeyring":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})";
    const auto identity = identify(KeyClass::ocr2, Secret(bundle));
    ASSERT_TRUE(identity);
    EXPECT_EQ(attribute(*identity, "onchainPublicKey"),
              "ocr2on_terra_cecc1507dc1ddd7295951c290888f095adb9044d1b73d696e6df065d683bd4fc");
    EXPECT_EQ(identity->id.size(), 64U);
}

TEST(KeyIdentity, IsNothingForDamagedBytes) {
    for (std::size_t i = 0; i < key_class_count; ++i) {
        const auto key_class = static_cast<KeyClass>(i);
        EXPECT_FALSE(identify(key_class, Secret())) << ring_member(key_class);
        EXPECT_FALSE(identify(key_class, Secret(std::string(200, '\xff')))) << ring_member(key_class);
    }
}

TEST(KeyCreation, MakesTheFormsOfTheReferenceNode) {
    KeyRing ring;
    const std::string address = create_eth_key(ring, Random::system());
    const std::string csa = create_csa_key(ring, Random::system());
    const std::string peer = create_p2p_key(ring, Random::system());
    EXPECT_EQ(identify(KeyClass::eth, ring.raw(KeyClass::eth)[0])->id, address);
    EXPECT_EQ(csa.size(), 64U);
    EXPECT_EQ(ring.raw(KeyClass::csa)[0].reveal().size(), 64U);
    EXPECT_TRUE(peer.starts_with("12D3KooW")) << peer;
    EXPECT_EQ(ring.raw(KeyClass::p2p)[0].reveal().size(), 68U);
    EXPECT_THROW(create_csa_key(ring, Random::system()), InvalidInput);
}

}  // namespace
}  // namespace baton::keys
