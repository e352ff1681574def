#pragma once

#include "baton/keys/key_store.hpp"

namespace baton::txm {

/// The fields of a legacy transaction (EIP-155); prices in wei.
struct LegacyTransaction {
    BigInt chain_id;
    std::int64_t nonce = 0;
    BigInt gas_price;
    std::uint64_t gas_limit = 0;
    Address to;
    BigInt value = 0;
    Bytes payload;
};

struct SignedTransaction {
    /// The RLP list: what is stored and what is sent, for type 0 the same bytes.
    Bytes raw;
    Hash hash;
};

/// Deterministic (RFC 6979): the same fields give the same bytes. Throws NotFound when the ring has no such
/// key.
SignedTransaction sign(const keys::KeyStore& keys, const Address& from, const LegacyTransaction& transaction);

/// The bytes for eth_sendRawTransaction of a stored attempt: type 2 is stored as an RLP string around
/// 0x02||payload and sent without that wrapping (reference/evm.md section 6.1). Throws codec::RlpError for
/// bytes that are neither.
Bytes canonical_bytes(BytesView stored);

}  // namespace baton::txm
