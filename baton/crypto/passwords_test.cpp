#include "baton/base/error.hpp"
#include "baton/crypto/bcrypt.hpp"
#include "baton/crypto/password.hpp"

#include <gtest/gtest.h>

namespace baton::crypto {
namespace {

TEST(PasswordRules, NameEveryFault) {
    EXPECT_FALSE(password_faults(Secret("16charlengthp4SsW0rD1!@#_"), {"user@example.com", ""}));
    EXPECT_EQ(password_faults(Secret(" User@Example.com")),
              "\nExpected password complexity:\nMust be at least 16 characters long\nMust not comprise:\n"
              "\tLeading or trailing whitespace\n\tA user's API email\n\nFaults:\n"
              "\tpassword contains a leading or trailing whitespace\n");
    EXPECT_EQ(password_faults(Secret("short\t"), {"SHORT"}),
              "\nExpected password complexity:\nMust be at least 16 characters long\nMust not comprise:\n"
              "\tLeading or trailing whitespace\n\tA user's API email\n\nFaults:\n"
              "\tpassword contains a leading or trailing whitespace\n"
              "\tpassword is less than 16 characters long\n"
              "\tpassword may not contain: \"SHORT\"\n");
    EXPECT_TRUE(password_faults(Secret(std::string(15, 'x'))));
    EXPECT_FALSE(password_faults(Secret(std::string(16, 'x'))));
}

// Written by a v1.11.0.
TEST(Bcrypt, AcceptsHashesOfTheReferenceNode) {
    const std::string hash = "$2a$10$JBX8c7OfTZCm6YZuhp.h2ujiY1m111k55.PWqv7LrBQrPWbuIp5u6";
    EXPECT_TRUE(bcrypt_matches(Secret("sixteen-chars-Password-1"), hash));
    EXPECT_FALSE(bcrypt_matches(Secret("sixteen-chars-Password-2"), hash));
    EXPECT_FALSE(bcrypt_matches(Secret(std::string("sixteen-chars-Password-1\0x", 26)), hash));
}

TEST(Bcrypt, NeverMatchesWhatIsNoHash) {
    for (const char* bad : {"", "*0", "$1$salt$hash", "$2a$10$short"}) {
        EXPECT_FALSE(bcrypt_matches(Secret("password"), bad)) << bad;
    }
}

TEST(Bcrypt, HashesUpTo50Bytes) {
    const Secret longest(std::string(50, 'x'));
    const std::string hash = bcrypt_hash(longest, Random::system());
    EXPECT_TRUE(hash.starts_with("$2a$10$")) << hash;
    EXPECT_TRUE(bcrypt_matches(longest, hash));
    EXPECT_NE(hash, bcrypt_hash(longest, Random::system()));
    try {
        bcrypt_hash(Secret(std::string(51, 'x')), Random::system());
        ADD_FAILURE() << "51 bytes were accepted";
    } catch (const InvalidInput& refused) {
        EXPECT_STREQ(refused.what(), "must enter a password less than 50 characters");
    }
}

// The 2a of libxcrypt differs from Go's on purpose for such bytes; the hash is Go's.
TEST(Bcrypt, TreatsHighBytesAsGoDoes) {
    EXPECT_TRUE(bcrypt_matches(Secret("\xff\xff\xa3"),
                               "$2a$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"));
}

}  // namespace
}  // namespace baton::crypto
