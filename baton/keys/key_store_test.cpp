#include "baton/keys/key_store.hpp"

#include "baton/async/loop.hpp"
#include "baton/keys/key_ring_file.hpp"
#include "baton/keys/missing_keys.hpp"

#include <gtest/gtest.h>

namespace baton::keys {
namespace {

class KeyStoreTest : public testing::Test {
  protected:
    void unlock(const store::StoredKeyRing& stored, const char* password = "sixteen-characters") {
        loop_.run_until_done(store_.unlock(stored, Secret(password)));
    }

    std::string refusal(const store::StoredKeyRing& stored, const char* password) {
        try {
            unlock(stored, password);
        } catch (const InvalidInput& refused) {
            return refused.what();
        }
        return "accepted";
    }

    static store::StoredKeyRing stored_ring(const KeyRing& ring,
                                            const char* password = "sixteen-characters") {
        return {true, encrypt_key_ring(ring, Secret(password), crypto::ScryptCost::insecure_fast,
                                       Random::system())};
    }

    async::Loop loop_;
    async::WorkerPool workers_{1};
    KeyStore store_{workers_, Random::system(), crypto::ScryptCost::insecure_fast};
};

TEST_F(KeyStoreTest, TellsThatItIsLocked) {
    EXPECT_TRUE(store_.locked());
    EXPECT_THROW(store_.ring(), KeyStoreLocked);
    EXPECT_THROW(store_.sign(Address{}, Hash{}), KeyStoreLocked);
    EXPECT_THROW(loop_.run_until_done(store_.encrypt(KeyRing())), KeyStoreLocked);
}

TEST_F(KeyStoreTest, SignsWithTheKeysOfTheRing) {
    KeyRing ring;
    const Address first = *parse_address(create_eth_key(ring, Random::system()));
    const Address second = *parse_address(create_eth_key(ring, Random::system()));
    unlock(stored_ring(ring));
    EXPECT_EQ(store_.eth_addresses(), (std::vector<Address>{first, second}));
    const auto signature = store_.sign(second, Hash{});
    EXPECT_EQ(crypto::address_of(*crypto::recover(Hash{}, signature)), second);
    try {
        store_.sign(Address{}, Hash{});
        ADD_FAILURE() << "signed for an address without a key";
    } catch (const NotFound& missing) {
        EXPECT_STREQ(missing.what(),
                     "unable to find eth key with id 0x0000000000000000000000000000000000000000");
    }
}

TEST_F(KeyStoreTest, ProvesWithTheVrfKeysOfTheRing) {
    KeyRing ring;
    const auto key = crypto::PrivateKey::random(Random::system());
    ring.add(KeyClass::vrf, key.stripped());
    const auto id = crypto::vrf_key_id(key.public_key());
    EXPECT_THROW(store_.prove(id, Hash{}), KeyStoreLocked);
    unlock(stored_ring(ring));
    const auto proof = store_.prove(id, Hash{});
    EXPECT_EQ(proof.key, key.public_key());
    EXPECT_TRUE(crypto::verify_vrf(proof));
    unlock(stored_ring(KeyRing()));
    try {
        store_.prove(id, Hash{});
        ADD_FAILURE() << "proved with a key that is gone";
    } catch (const NotFound& missing) {
        EXPECT_EQ(missing.what(), "unable to find VRF key with id " + to_0x(id.view()));
    }
}

TEST_F(KeyStoreTest, WantsAComplexPasswordOnlyForTheFirstRow) {
    EXPECT_NE(refusal({}, "simple").find("password is less than 16 characters long"), std::string::npos);
    EXPECT_TRUE(store_.locked());
    // The row is there, empty: v1.11.0 was killed between its first unlocking and its first key.
    unlock({true, std::nullopt}, "simple");
    EXPECT_FALSE(store_.locked());
    EXPECT_TRUE(store_.ring().empty());
}

TEST_F(KeyStoreTest, AWrongPasswordLeavesItAsItWas) {
    const auto stored = stored_ring(KeyRing());
    EXPECT_EQ(refusal(stored, "another-password!"),
              "unable to decrypt encrypted key ring: could not decrypt key with given password");
    EXPECT_TRUE(store_.locked());
    unlock(stored);
    EXPECT_EQ(refusal(stored, "another-password!"),
              "attempting to unlock keystore again with a different password");
    EXPECT_FALSE(store_.locked());
}

TEST_F(KeyStoreTest, UnlockingTheSameTextAgainComputesNothing) {
    KeyRing ring;
    create_eth_key(ring, Random::system());
    const auto stored = stored_ring(ring);
    unlock(stored);
    const KeyIdentity* before = store_.identities().data();
    unlock(stored);
    EXPECT_EQ(store_.identities().data(), before) << "the identities were derived anew";
}

TEST_F(KeyStoreTest, FollowsARingThatSomebodyElseWrote) {
    KeyRing ring;
    create_eth_key(ring, Random::system());
    unlock(stored_ring(ring));
    create_eth_key(ring, Random::system());
    unlock(stored_ring(ring));
    EXPECT_EQ(store_.eth_addresses().size(), 2U);
}

TEST_F(KeyStoreTest, KeepsWhatItCannotRead) {
    KeyRing ring;
    ring.add(KeyClass::eth, Secret(std::string(33, 'x')));
    ring.add(KeyClass::p2p, Secret("nonsense"));
    create_eth_key(ring, Random::system());
    unlock(stored_ring(ring));
    EXPECT_EQ(store_.unreadable(), (std::vector<KeyClass>{KeyClass::eth, KeyClass::p2p}));
    EXPECT_EQ(store_.eth_addresses().size(), 1U);
    EXPECT_EQ(store_.ring().serialise().reveal(), ring.serialise().reveal());
}

TEST_F(KeyStoreTest, EncryptChangesNothingUntilAdopted) {
    unlock({});
    KeyRing changed = store_.ring();
    create_eth_key(changed, Random::system());
    const std::string text = loop_.run_until_done(store_.encrypt(changed));
    EXPECT_TRUE(store_.ring().empty());
    store_.adopt(changed, {true, text});
    EXPECT_EQ(store_.eth_addresses().size(), 1U);
    EXPECT_EQ(decrypt_key_ring(text, Secret("sixteen-characters")).serialise().reveal(),
              changed.serialise().reveal());
}

store::KeyState state_on(const BigInt& chain_id, bool disabled) {
    store::KeyState state;
    state.chain_id = chain_id;
    state.disabled = disabled;
    return state;
}

TEST(MissingKeys, AFirstStartAddsEthPerChainCsaAndP2p) {
    const auto added =
        add_missing_keys(KeyRing(), {}, {.evm_chains = {1, 137}, .p2p = true}, Random::system());
    EXPECT_EQ(added.ring.raw(KeyClass::eth).size(), 2U);
    EXPECT_EQ(added.ring.raw(KeyClass::csa).size(), 1U);
    EXPECT_EQ(added.ring.raw(KeyClass::p2p).size(), 1U);
    ASSERT_EQ(added.enable.size(), 2U);
    EXPECT_EQ(added.enable[1].chain_id, 137);
    EXPECT_NE(added.enable[0].address, added.enable[1].address);
    EXPECT_EQ(added.created.size(), 4U);
}

TEST(MissingKeys, ALaterStartAddsNothing) {
    const auto first = add_missing_keys(KeyRing(), {}, {.evm_chains = {1}, .p2p = true}, Random::system());
    // A disabled key counts as present.
    const auto second =
        add_missing_keys(first.ring, {state_on(1, true)}, {.evm_chains = {1}, .p2p = true}, Random::system());
    EXPECT_FALSE(second.any());
    EXPECT_EQ(second.ring.serialise().reveal(), first.ring.serialise().reveal());
    const auto without_p2p = add_missing_keys(KeyRing(), {state_on(1, false)},
                                              {.evm_chains = {1}, .p2p = false}, Random::system());
    EXPECT_EQ(without_p2p.created.size(), 1U);
}

}  // namespace
}  // namespace baton::keys
