#pragma once

#include "baton/store/writer.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace baton::store {

/// Table evm_key_states (reference/keystore.md section 6): an EVM key on a chain. Nonces come from here
/// alone.
struct KeyState {
    std::int32_t id = 0;
    Address address;
    BigInt chain_id;
    std::int64_t next_nonce = 0;
    bool disabled = false;
    WallTime created_at{};
    WallTime updated_at{};
};

/// By id, that is, in the order of creation.
async::Task<std::vector<KeyState>> list_key_states(pg::Pool& pool, async::Deadline deadline);
/// Nothing when the key has no state on the chain or is disabled there.
async::Task<std::optional<std::int64_t>> read_next_nonce(pg::Pool& pool, BigInt chain_id, Address address,
                                                         async::Deadline deadline);

/// Inserts the state with nonce 0, or enables the one that is there and keeps its nonce.
async::Task<void> enable_key(pg::FencedTransaction& transaction, BigInt chain_id, Address address,
                             async::Deadline deadline);
/// Nonces first .. first + count - 1 become the caller's when the transaction commits. False, with nothing
/// changed, when next_nonce is not `first` or the key is disabled: somebody else took nonces, read again.
async::Task<bool> take_nonces(pg::FencedTransaction& transaction, BigInt chain_id, Address address,
                              std::int64_t first, std::int64_t count, async::Deadline deadline);
/// Raises next_nonce to `nonce` (the chain's pending nonce) and never lowers it. True when it was raised.
async::Task<bool> raise_next_nonce(pg::FencedTransaction& transaction, BigInt chain_id, Address address,
                                   std::int64_t nonce, async::Deadline deadline);

}  // namespace baton::store
