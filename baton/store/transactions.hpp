#pragma once

#include "baton/model/transaction.hpp"
#include "baton/store/writer.hpp"

#include <optional>
#include <vector>

namespace baton::store {

/// Keys (addresses) of a chain that have unstarted rows.
async::Task<std::vector<Address>> keys_with_work(pg::Pool& pool, BigInt chain_id, async::Deadline deadline);
async::Task<std::vector<model::Transaction>> load_unstarted(pg::Pool& pool, BigInt chain_id, Address from,
                                                            std::int64_t limit, async::Deadline deadline);
/// Rows in state in_progress with their attempt (left by v1.11.0).
async::Task<std::vector<model::Transaction>> load_in_progress(pg::Pool& pool, BigInt chain_id,
                                                              async::Deadline deadline);
/// unconfirmed and confirmed_missing_receipt, nonce ascending, with attempts.
async::Task<std::vector<model::Transaction>> load_unconfirmed(pg::Pool& pool, BigInt chain_id,
                                                              async::Deadline deadline);
async::Task<std::int64_t> count_unconfirmed(pg::Pool& pool, BigInt chain_id, Address from,
                                            async::Deadline deadline);

/// COMMIT 3 for one key: see docs/architecture.md. Throws baton::Error when next_nonce was not `first_nonce`
/// any more.
struct Assignment {
    std::int64_t tx_id = 0;
    std::int64_t nonce = 0;
    model::Attempt attempt;
};
async::Task<void> assign_nonces(Writer writer, BigInt chain_id, Address from, std::int64_t first_nonce,
                                std::vector<Assignment> assignments);
/// Accepted by an endpoint: attempts become broadcast.
async::Task<void> mark_broadcast(Writer writer, std::vector<Hash> attempt_hashes);
/// A row that v1.11.0 left in_progress becomes unconfirmed, its nonce is taken; its attempt stays
/// in_progress, to be sent. Throws baton::Error, with nothing changed, when it is not in progress.
async::Task<void> complete_in_progress(Writer writer, BigInt chain_id, Address from, std::int64_t tx_id);
async::Task<void> mark_insufficient_eth(Writer writer, Hash attempt_hash);
/// Gives a transaction up: fatal_error with `error`, nonce freed from it and taken by a cancellation with
/// `replacement` as its committed attempt, in one commit. Without replacement (unstarted row) only the state
/// changes.
async::Task<void> mark_fatal(Writer writer, std::int64_t tx_id, std::string error,
                             std::optional<Assignment> replacement);
async::Task<void> touch_broadcast_at(Writer writer, std::vector<std::int64_t> tx_ids);
/// COMMIT 4: receipts in, attempts broadcast, rows confirmed; then lower nonces of the key without receipt
/// become confirmed_missing_receipt.
async::Task<void> save_receipts(Writer writer, BigInt chain_id, std::vector<model::Receipt> receipts);
/// Sets broadcast_before_block_num of broadcast attempts that have none.
async::Task<void> stamp_attempts(Writer writer, BigInt chain_id, std::uint64_t head);
/// Confirmed rows with a receipt between the blocks, to be checked against the canonical chain.
struct ConfirmedReceipt {
    std::int64_t tx_id = 0;
    Hash block_hash;
    std::uint64_t block_number = 0;
};
async::Task<std::vector<ConfirmedReceipt>> load_confirmed_receipts(pg::Pool& pool, BigInt chain_id,
                                                                   std::uint64_t from_block,
                                                                   std::uint64_t to_block,
                                                                   async::Deadline deadline);
/// A reorganisation took the block away: receipts deleted, row unconfirmed, best attempt in_progress.
async::Task<void> unconfirm(Writer writer, std::int64_t tx_id);
/// Confirmed rows deeper than finality and older than the threshold, and old fatal ones, are deleted; a fatal
/// one that was signed not before the cancellation of its nonce is final.
async::Task<std::int64_t> reap_transactions(Writer writer, BigInt chain_id, std::uint64_t finalized_block,
                                            std::chrono::nanoseconds threshold);

struct TransactionCounts {
    std::int64_t unconfirmed = 0;
    std::int64_t unstarted = 0;
};
async::Task<TransactionCounts> count_transactions(pg::Pool& pool, BigInt chain_id, async::Deadline deadline);

}  // namespace baton::store
