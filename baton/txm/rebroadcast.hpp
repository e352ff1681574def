#pragma once

#include "baton/eth/rpc_client.hpp"
#include "baton/keys/key_store.hpp"
#include "baton/store/transactions.hpp"

#include <functional>
#include <optional>
#include <string>

namespace baton::txm {

/// `node rebroadcast-transactions`: each nonce of a range again, for a price that the operator chose.
struct RebroadcastRequest {
    Address from;
    std::int64_t first_nonce = 0;
    /// Inclusive.
    std::int64_t last_nonce = 0;
    /// Wei.
    BigInt gas_price;
    /// Nothing: that of the transaction, or of a plain transfer where a nonce has none.
    std::optional<std::uint64_t> gas_limit;
};

/// What came of one nonce.
struct Rebroadcast {
    std::int64_t nonce = 0;
    /// An endpoint has the bytes now, or needs them no more.
    bool done = false;
    /// For the operator.
    std::string text;
};

struct RebroadcastDependencies {
    store::Writer writer;
    eth::RpcClient* rpc = nullptr;
    const keys::KeyStore* keys = nullptr;
    BigInt chain_id;
    /// Self-fencing: when a send that begins now has to be over; passed while nothing may be sent.
    std::function<async::Deadline()> send_deadline;
};

/// Signs the transaction of each nonce anew and sends it; a nonce that the database knows nothing of is spent
/// on a transfer of nothing to oneself. As everywhere, bytes are committed, under the epoch, before they are
/// sent, and a nonce stays with its transaction: nodes that start later follow them like their own.
/// `tell` hears of each nonce; one that fails holds up no other. Throws pg errors, NotFound for a key that
/// the ring does not have.
async::Task<void> rebroadcast(RebroadcastDependencies use, RebroadcastRequest request,
                              std::function<void(const Rebroadcast&)> tell);

}  // namespace baton::txm
