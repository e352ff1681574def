#include "baton/txm/signing.hpp"

#include "baton/codec/rlp.hpp"
#include "baton/crypto/keccak.hpp"

namespace baton::txm {

namespace {

void write_fields(codec::RlpWriter& rlp, const LegacyTransaction& transaction) {
    rlp.integer(static_cast<std::uint64_t>(transaction.nonce))
        .integer(transaction.gas_price)
        .integer(transaction.gas_limit)
        .bytes(transaction.to.view())
        .integer(transaction.value)
        .bytes(transaction.payload);
}

}  // namespace

SignedTransaction sign(const keys::KeyStore& keys, const Address& from,
                       const LegacyTransaction& transaction) {
    codec::RlpWriter unsigned_rlp;
    unsigned_rlp.begin_list();
    write_fields(unsigned_rlp, transaction);
    unsigned_rlp.integer(transaction.chain_id).integer(std::uint64_t{0}).integer(std::uint64_t{0}).end_list();
    const auto signature = keys.sign(from, crypto::keccak256(unsigned_rlp.finish()));

    codec::RlpWriter signed_rlp;
    signed_rlp.begin_list();
    write_fields(signed_rlp, transaction);
    const BigInt v = transaction.chain_id * 2 + 35 + signature.recovery_id;
    signed_rlp.integer(v)
        .integer(from_big_endian(signature.r.view()))
        .integer(from_big_endian(signature.s.view()))
        .end_list();
    SignedTransaction result;
    result.raw = signed_rlp.finish();
    result.hash = crypto::keccak256(result.raw);
    return result;
}

Bytes canonical_bytes(BytesView stored) {
    const auto item = codec::RlpItem::read(stored);
    const auto bytes = item.is_list() ? item.raw() : item.bytes();
    return {bytes.begin(), bytes.end()};
}

}  // namespace baton::txm
