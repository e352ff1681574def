#pragma once

#include "baton/model/transaction.hpp"
#include "baton/store/writer.hpp"

#include <vector>

namespace baton::store {

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

}  // namespace baton::store
