#include "baton/txm/signing.hpp"

#include "baton/async/loop.hpp"
#include "baton/codec/rlp.hpp"
#include "baton/keys/key_ring_file.hpp"

#include <gtest/gtest.h>

namespace baton::txm {
namespace {

class Signing : public testing::Test {
  protected:
    /// A store with the one key whose scalar is given.
    keys::KeyStore& store_with(const std::string& scalar_hex) {
        keys::KeyRing ring;
        const auto scalar = *from_hex(scalar_hex);
        ring.add(keys::KeyClass::eth, Secret(std::string(as_text(scalar))));
        const store::StoredKeyRing stored{
            true, keys::encrypt_key_ring(ring, Secret("sixteen-characters"),
                                         crypto::ScryptCost::insecure_fast, Random::system())};
        loop_.run_until_done(store_.unlock(stored, Secret("sixteen-characters")));
        return store_;
    }

  private:
    async::Loop loop_;
    async::WorkerPool workers_{1};
    keys::KeyStore store_{workers_, Random::system(), crypto::ScryptCost::insecure_fast};
};

constexpr auto thirty_two_times_46 = "4646464646464646464646464646464646464646464646464646464646464646";

// The example of https://eips.ethereum.org/EIPS/eip-155
TEST_F(Signing, TheExampleOfEip155) {
    auto& keys = store_with(std::string(thirty_two_times_46));
    LegacyTransaction transaction;
    transaction.chain_id = 1;
    transaction.nonce = 9;
    transaction.gas_price = BigInt("20000000000");
    transaction.gas_limit = 21'000;
    transaction.to = *parse_address("0x3535353535353535353535353535353535353535");
    transaction.value = BigInt("1000000000000000000");
    const auto from = keys.eth_addresses().front();
    EXPECT_EQ(to_0x(from.view()), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    const auto made = sign(keys, from, transaction);
    EXPECT_EQ(to_0x(made.raw),
              "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028"
              "ef61340bd939bc"
              "2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64"
              "214b297fb1966a3b6d83");
    EXPECT_EQ(to_0x(made.hash.view()), "0x33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788");
    EXPECT_EQ(sign(keys, from, transaction).raw, made.raw) << "the same fields give the same bytes";
}

TEST_F(Signing, OfAKeyThatIsNotThereFails) {
    auto& keys = store_with("0102");
    LegacyTransaction transaction;
    transaction.chain_id = 1;
    EXPECT_THROW(sign(keys, Address{}, transaction), NotFound);
}

TEST_F(Signing, ALargeChainIdStandsInV) {
    auto& keys = store_with("0102");
    LegacyTransaction transaction;
    transaction.chain_id = BigInt("4000000000000000000000");
    const auto made = sign(keys, keys.eth_addresses().front(), transaction);
    const auto fields = codec::RlpItem::read(made.raw).items();
    ASSERT_EQ(fields.size(), 9U);
    const BigInt v = fields[6].integer() - transaction.chain_id * 2;
    EXPECT_TRUE(v == 35 || v == 36) << to_decimal(v);
    EXPECT_EQ(fields[3].bytes().size(), 20U);
    EXPECT_EQ(fields[0].integer(), 0);
}

TEST(CanonicalBytes, OfALegacyTransactionAreWhatIsStored) {
    const auto stored = *from_hex("c20102");
    EXPECT_EQ(canonical_bytes(stored), stored);
}

TEST(CanonicalBytes, OfADynamicFeeTransactionLeaveTheWrappingOut) {
    const Bytes payload{0x02, 0xc2, 0x01, 0x02};
    codec::RlpWriter wrapped;
    const auto stored = wrapped.bytes(payload).finish();
    EXPECT_EQ(stored.front(), 0x84);
    EXPECT_EQ(canonical_bytes(stored), payload);
    Bytes long_payload(300, 0x02);
    const auto long_stored = wrapped.bytes(long_payload).finish();
    EXPECT_EQ(long_stored.front(), 0xb9);
    EXPECT_EQ(canonical_bytes(long_stored), long_payload);
}

TEST(CanonicalBytes, OfSomethingElseAreRefused) {
    EXPECT_THROW(canonical_bytes(*from_hex("02c20102")), codec::RlpError) << "a bare typed transaction";
    EXPECT_THROW(canonical_bytes(*from_hex("c201")), codec::RlpError) << "cut off";
    EXPECT_THROW(canonical_bytes(Bytes{}), codec::RlpError);
}

}  // namespace
}  // namespace baton::txm
