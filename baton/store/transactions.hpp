#pragma once

#include "baton/model/transaction.hpp"
#include "baton/store/writer.hpp"

#include <optional>
#include <vector>

namespace baton::store {

/// A key that has unstarted rows, and all that it takes to start the first of them.
struct Work {
    Address from;
    /// Nothing when the key has no state on the chain or is disabled there.
    std::optional<std::int64_t> next_nonce;
    /// How many may be started now.
    std::int64_t room = 0;
    /// At most `room`, in the order in which v1.11.0 starts them; without attempts, as they have none.
    std::vector<model::Transaction> transactions;
};
/// One round trip, because it lies between a request and its answer. `max_in_flight` limits the unconfirmed
/// rows of a key (0: no limit), `most` what one commit starts.
async::Task<std::vector<Work>> load_work(pg::Pool& pool, BigInt chain_id, std::int64_t max_in_flight,
                                         std::int64_t most, async::Deadline deadline);
/// Rows in state in_progress with their attempt (left by v1.11.0).
async::Task<std::vector<model::Transaction>> load_in_progress(pg::Pool& pool, BigInt chain_id,
                                                              async::Deadline deadline);
/// unconfirmed and confirmed_missing_receipt, nonce ascending, with attempts.
async::Task<std::vector<model::Transaction>> load_unconfirmed(pg::Pool& pool, BigInt chain_id,
                                                              async::Deadline deadline);

/// The one that has this nonce, whatever its state, with attempts.
async::Task<std::optional<model::Transaction>> find_by_nonce(pg::Pool& pool, BigInt chain_id, Address from,
                                                             std::int64_t nonce, async::Deadline deadline);

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
/// In progress ones only: what an endpoint took once stays broadcast.
async::Task<void> mark_insufficient_eth(Writer writer, std::vector<Hash> attempt_hashes);
/// A second attempt for an unconfirmed row at the nonce it has, to be sent. Those before are kept, and called
/// broadcast, because a row has at most one that is not. Throws baton::Error, with nothing changed, when the
/// row is not unconfirmed with that nonce any more.
async::Task<void> add_second_attempt(Writer writer, Assignment second);
/// Gives a transaction up: fatal_error with `error`, nonce freed from it and taken by a cancellation with
/// `replacement` as its committed attempt, in one commit. Without replacement (unstarted row) only the state
/// changes.
async::Task<void> mark_fatal(Writer writer, std::int64_t tx_id, std::string error,
                             std::optional<Assignment> replacement);
/// A nonce that no transaction has goes to a cancellation (`cancellation.tx_id` is not used): one that is
/// missing below the next nonce, or the next one itself. Throws baton::Error, with nothing changed, for a
/// nonce above, which could not be mined before those between.
async::Task<void> spend_nonce(Writer writer, BigInt chain_id, Address from, Assignment cancellation);
async::Task<void> touch_broadcast_at(Writer writer, std::vector<std::int64_t> tx_ids);
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
