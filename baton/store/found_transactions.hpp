#pragma once

#include "baton/model/transaction.hpp"
#include "baton/store/writer.hpp"

#include <vector>

namespace baton::store {

// Transactions of our keys that are mined and of which the database knows nothing, because it lost its last
// commits (leadership.md, PostgreSQL that fails over).

/// What the chain tells of one, and the bytes that were sent.
struct FoundTransaction {
    std::int64_t nonce = 0;
    Address from;
    Address to;
    Bytes payload;
    BigInt value;
    /// Gas price, gas limit, bytes and hash.
    model::Attempt attempt;
};
/// In one commit: each becomes an unconfirmed transaction that belongs to no run yet, unless its nonce has a
/// row; the keys' next nonces are raised behind them.
async::Task<void> record_found(Writer writer, BigInt chain_id, std::vector<FoundTransaction> found);
/// An unstarted transaction that asks for what a found one did (same contract, same function, same first
/// argument: for an answer to a request the request id) takes its place: nonce, attempts and receipts become
/// its own. Gives how many did. Call it after it was read which unstarted ones are next, and before they are
/// given nonces.
async::Task<std::int64_t> join_found(Writer writer, BigInt chain_id);

}  // namespace baton::store
