#include "baton/crypto/web3_crypto.hpp"

#include "baton/base/error.hpp"
#include "baton/crypto/sha.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include <sys/resource.h>

namespace baton::crypto {
namespace {

Web3Crypto scrypt_object(const char* ciphertext, const char* iv, std::uint64_t n, std::uint32_t p,
                         const char* salt, const char* mac) {
    Web3Crypto object;
    object.ciphertext = *from_hex(ciphertext);
    object.iv = *from_hex(iv);
    object.kdf = ScryptParameters{.n = n, .r = 8, .p = p, .dklen = 32, .salt = *from_hex(salt)};
    object.mac = *from_hex(mac);
    return object;
}

std::string decrypted(const Web3Crypto& object, const char* password) {
    return to_hex(web3_decrypt(object, Secret(password)).reveal_bytes());
}

std::string refusal(const Web3Crypto& object, const char* password = "p") {
    try {
        web3_decrypt(object, Secret(password));
    } catch (const InvalidInput& refused) {
        return refused.what();
    }
    return "accepted";
}

// reference/keystore.md section 12.1: V1 (standard cost), V2 (N = 2), V3 (P = 2), V6 (N = 1024).
TEST(Web3Crypto, ReadsWhateverParametersTheObjectCarries) {
    EXPECT_EQ(decrypted(scrypt_object("b30af964a3b3f37894e599446b4cf2314bbfcd1062e6b35b620d3d20bd9965cc",
                                      "58a8d75629cc1945da7cf8c24520d1dc", 262144, 1,
                                      "c352887e9d427d8a6a1869082619b73fac4566082a99f6e367d126f11b434f28",
                                      "fd76a588210e0bf73d01332091e0e83a4584ee2df31eaec0e27f9a1b94f024b4"),
                        "p4SsW0rD1!@#_"),
              "82090e6f5c6eb83e4791c8782a9357cd81abd338d8fabcbebb1790f34f870050");
    EXPECT_EQ(decrypted(scrypt_object("557f5324e770c3d203751c1f0f7fb5076386c49f5b05e3f20b3abb59758fd3c3",
                                      "bd9472543fab7cc63027cbcd039daff0", 2, 1,
                                      "647b54770a3fda830b4440ae57c44cf7506297295fe4d72b1ff943e3a8ddb94a",
                                      "0c654ee29ee06b3816fc0040d84ebd648c557144a77ccc55b9568355f53397b3"),
                        "16charlengthp4SsW0rD1!@#_"),
              "2cfa465edc1c0e362b0f09cf8b4ef9af1c3eeacd0ffb890d85cd186f11224c26");
    EXPECT_EQ(decrypted(scrypt_object("57b56a26f50c1fffb2380d18e64a85c74c48ea60fcf085e33360aa293a8118b2",
                                      "2b2269c3d4dad1e30af5fdb078e904bf", 2, 2,
                                      "90c23401c52f1b57a1a37d56438598a1781f5e176c6b73b8e7c17063987069d3",
                                      "28fdff9c725a74b6bebdad969003929564457a10c7c0a31c672378c9d174fe87"),
                        "p4SsW0rD1!@#_"),
              "06e789c4a4cde3b888df2ed8b74c61564f58bcc4a81f27917534006e5041e131");
    EXPECT_EQ(decrypted(scrypt_object("ee5391a20f42e0b11a0a0824ce5f047bfc4c1391a62184f48952a0ad05deb55b",
                                      "4a27487d3892df5250fb7d1d9b5c00ac", 1024, 1,
                                      "1839f222ed3759e0146252e9557f860ffff9575f8b4ba9c6c59ec40904c9580e",
                                      "c7099685c6903529d9e6abf356c59ee9ae70cc9365b2b700ad183671c5009058"),
                        "T.tLHkcmwePT/p,]sYuntjwHKAsrhm#4eRs4LuKHwvHejWYAC2JP4M8HimwgmbaZ"),
              "34d2ee6c703f755f9a205e322c68b8ff3425d915072ca7483190ac69684e548c");
}

// The Web3 secret storage definition's own PBKDF2 vector.
TEST(Web3Crypto, ReadsPbkdf2) {
    Web3Crypto object = scrypt_object("5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
                                      "6087dab2f9fdbbfaddc31a909735c1e6", 2, 1, "",
                                      "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2");
    Pbkdf2Parameters pbkdf2;
    pbkdf2.c = 262144;
    pbkdf2.dklen = 32;
    pbkdf2.salt = *from_hex("ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd");
    object.kdf = pbkdf2;
    EXPECT_EQ(decrypted(object, "testpassword"),
              "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d");
    pbkdf2.prf = "hmac-sha512";
    object.kdf = pbkdf2;
    EXPECT_EQ(refusal(object), "unsupported PBKDF2 PRF: hmac-sha512");
}

TEST(Web3Crypto, RefusesWithTheReferenceTexts) {
    const Secret password("right");
    const Web3Crypto good =
        web3_encrypt(as_bytes("secret"), password, ScryptCost::insecure_fast, Random::system());
    EXPECT_EQ(refusal(good, "wrong"), "could not decrypt key with given password");
    Web3Crypto object = good;
    object.ciphertext[0] ^= 1;
    EXPECT_EQ(refusal(object, "right"), "could not decrypt key with given password");
    object = good;
    object.mac.pop_back();
    EXPECT_EQ(refusal(object, "right"), "could not decrypt key with given password");
    object = good;
    object.cipher = "aes-256-ctr";
    EXPECT_EQ(refusal(object), "cipher not supported: aes-256-ctr");
    object = good;
    object.kdf = UnknownKdf{"argon2"};
    EXPECT_EQ(refusal(object), "unsupported KDF: argon2");
    auto scrypt = std::get<ScryptParameters>(good.kdf);
    scrypt.n = 3;
    object.kdf = scrypt;
    EXPECT_EQ(refusal(object), "scrypt: N must be > 1 and a power of 2");
    scrypt.n = std::uint64_t{1} << 40;
    object.kdf = scrypt;
    EXPECT_EQ(refusal(object), "scrypt: parameters are too large");
}

/// Ends the process: with 0 when the derivation said what it lacked.
void derive_with_little_memory() {
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlimit limit{pages * 4096 + (256U << 20), RLIM_INFINITY};
    if (setrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(2);
    Web3Crypto object;
    object.kdf = ScryptParameters{.n = std::uint64_t{1} << 19, .salt = Bytes(32)};
    try {
        web3_decrypt(object, Secret("p"));
    } catch (const Error& error) {
        std::_Exit(error.what() == std::string("scrypt: no memory for the 512 MB that it needs") ? 0 : 3);
    }
    std::_Exit(4);
}

TEST(Web3Crypto, SaysHowMuchMemoryItCouldNotGet) {
    EXPECT_EXIT(derive_with_little_memory(), testing::ExitedWithCode(0), "");
}

TEST(Web3Crypto, GoesBothWaysWithFreshSaltAndIv) {
    const Secret password("p");
    const auto first =
        web3_encrypt(as_bytes("secret"), password, ScryptCost::insecure_fast, Random::system());
    const auto second =
        web3_encrypt(as_bytes("secret"), password, ScryptCost::insecure_fast, Random::system());
    EXPECT_NE(first.iv, second.iv);
    EXPECT_NE(std::get<ScryptParameters>(first.kdf).salt, std::get<ScryptParameters>(second.kdf).salt);
    EXPECT_EQ(web3_decrypt(first, password).reveal(), "secret");
    EXPECT_EQ(std::get<ScryptParameters>(first.kdf).n, 2U);
}

}  // namespace
}  // namespace baton::crypto
