#include "baton/keys/ensure_keys.hpp"

#include "baton/keys/key_ring_file.hpp"
#include "baton/keys/reference_ring_testing.hpp"
#include "baton/store/writer_testing.hpp"

#include <gtest/gtest.h>

namespace baton::keys {
namespace {

const char* const password = "sixteen-characters";

class EnsureKeys : public store::WriterTest {
  protected:
    void SetUp() override {
        WriterTest::SetUp();
        if (IsSkipped()) return;
        database().run(
            "insert into evm_chains (id, cfg, created_at, updated_at) values (31337, '{}', now(), now())");
    }

    void unlock(KeyStore& store, const std::string& with = password) {
        auto stored = run(store::read_key_ring(pool(), soon()));
        run(store.unlock(std::move(stored), Secret(with)));
    }

    std::vector<std::string> ensure(KeyStore& store) {
        return run(ensure_keys(store, writer(), {.evm_chains = {31337}, .p2p = true}, Random::system()));
    }

    async::WorkerPool workers_{1};
    KeyStore store_{workers_, Random::system(), crypto::ScryptCost::insecure_fast};
};

TEST_F(EnsureKeys, AFirstStartSavesThreeKeysThatTheNextStartReads) {
    unlock(store_);
    EXPECT_EQ(ensure(store_).size(), 3U);
    const std::string saved = database().value("select encrypted_keys from encrypted_key_rings");

    KeyStore next(workers_, Random::system(), crypto::ScryptCost::insecure_fast);
    unlock(next);
    EXPECT_EQ(next.ring().serialise().reveal(), store_.ring().serialise().reveal());
    ASSERT_EQ(next.eth_addresses().size(), 1U);
    EXPECT_EQ(database().value("select '0x' || encode(address, 'hex') || ' ' || evm_chain_id || ' ' || "
                               "next_nonce || ' ' || disabled from evm_key_states"),
              to_0x(next.eth_addresses()[0].view()) + " 31337 0 false");
    EXPECT_TRUE(ensure(next).empty());
    EXPECT_EQ(database().value("select encrypted_keys from encrypted_key_rings"), saved)
        << "the ring was written although nothing changed";
}

TEST_F(EnsureKeys, TheRingOfAReferenceNodeKeepsEveryKey) {
    database().run("insert into encrypted_key_rings values ('" + reference_ring().stored + "', now())");
    unlock(store_, reference_ring().password);
    EXPECT_TRUE(store_.unreadable().empty());
    EXPECT_EQ(store_.identities().size(), reference_ring().keys.size() + 1) << "and the StarkNet key";
    // Its key states are missing, so one Eth key is added to the three.
    EXPECT_EQ(ensure(store_).size(), 1U);
    const std::string saved = database().value("select encrypted_keys from encrypted_key_rings");
    const KeyRing again = decrypt_key_ring(saved, Secret(reference_ring().password));
    EXPECT_EQ(again.serialise().reveal(), store_.ring().serialise().reveal());
    EXPECT_EQ(again.raw(KeyClass::eth).size(), 4U);
}

TEST_F(EnsureKeys, NothingIsSavedOverARingThatSomebodyElseChanged) {
    unlock(store_);
    database().run("insert into encrypted_key_rings values (null, now())");
    EXPECT_THROW(ensure(store_), Error);
    EXPECT_TRUE(store_.ring().empty()) << "keys that are not saved must not be used";
    EXPECT_EQ(database().value("select count(*) from evm_key_states"), "0");
    EXPECT_EQ(database().value("select count(encrypted_keys) from encrypted_key_rings"), "0");
}

TEST_F(EnsureKeys, NothingIsSavedAfterTheEpochEnded) {
    unlock(store_);
    lose_leadership();
    EXPECT_THROW(ensure(store_), pg::FenceRefused);
    EXPECT_TRUE(store_.ring().empty());
    EXPECT_EQ(database().value("select count(*) from encrypted_key_rings"), "0");
}

}  // namespace
}  // namespace baton::keys
