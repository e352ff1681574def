#include "baton/app/cookie_key.hpp"

#include "baton/base/error.hpp"

#include "testing/random.hpp"

#include <gtest/gtest.h>

namespace baton::app {
namespace {

keys::KeyRing ring_with(std::uint64_t seed) {
    test::SeededRandom random(seed);
    keys::KeyRing ring;
    keys::create_csa_key(ring, random);
    return ring;
}
const Secret cookie_key(std::string(32, 'k'));

TEST(CookieKey, IsOpenedWithTheRingItWasSealedWith) {
    const auto ring = ring_with(1);
    const auto sealed = seal_cookie_key(cookie_key, ring, Random::system());
    EXPECT_EQ(sealed.find(to_hex(cookie_key.reveal_bytes())), std::string::npos);
    const auto opened = unseal_cookie_key(sealed, ring);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->reveal(), cookie_key.reveal());
    EXPECT_NE(seal_cookie_key(cookie_key, ring, Random::system()), sealed) << "each seal has its own nonce";
}

TEST(CookieKey, StaysClosedForAnotherRing) {
    const auto sealed = seal_cookie_key(cookie_key, ring_with(1), Random::system());
    EXPECT_FALSE(unseal_cookie_key(sealed, ring_with(2)));
    EXPECT_FALSE(unseal_cookie_key(sealed, keys::KeyRing()));
}

TEST(CookieKey, NoticesEveryChange) {
    const auto ring = ring_with(1);
    const auto sealed = seal_cookie_key(cookie_key, ring, Random::system());
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] = changed[i] == '1' ? '2' : '1';
        EXPECT_FALSE(unseal_cookie_key(changed, ring)) << "at " << i;
        EXPECT_FALSE(unseal_cookie_key(sealed.substr(0, i), ring)) << "cut at " << i;
    }
    EXPECT_FALSE(unseal_cookie_key(sealed + "00", ring));
}

TEST(CookieKey, NeedsASealerAndTheRightLength) {
    EXPECT_THROW(seal_cookie_key(cookie_key, keys::KeyRing(), Random::system()), Error);
    EXPECT_THROW(seal_cookie_key(Secret("short"), ring_with(1), Random::system()), Error);
}

}  // namespace
}  // namespace baton::app
