#include "baton/txm/broadcaster.hpp"

#include "baton/crypto/eip55.hpp"
#include "baton/store/key_states.hpp"

#include <algorithm>

namespace baton::txm {

namespace {
/// Most transactions that one COMMIT 3 starts when nothing else limits them.
constexpr std::int64_t most_per_commit = 200;
}  // namespace

async::Task<void> Broadcaster::sync_nonces() {
    const auto states = co_await store::list_key_states(context_.pool(), context_.query_deadline());
    for (const auto& state : states) {
        if (state.disabled || state.chain_id != context_.chain_id()) continue;
        const auto pending = co_await context_.use.rpc->nonce(state.address, true, context_.rpc_deadline());
        const auto on_chain = static_cast<std::int64_t>(pending);
        if (on_chain <= state.next_nonce) continue;
        // A row that v1.11.0 left in progress has the nonce next_nonce and is finished before anything else
        // is started.
        auto in_progress =
            co_await store::load_in_progress(context_.pool(), context_.chain_id(), context_.query_deadline());
        const bool holds_one = std::any_of(in_progress.begin(), in_progress.end(),
                                           [&](const auto& row) { return row.from == state.address; });
        if (holds_one) continue;
        auto transaction = co_await pg::FencedTransaction::begin(context_.pool(), context_.use.writer.fence,
                                                                 context_.query_deadline());
        const bool raised = co_await store::raise_next_nonce(transaction, context_.chain_id(), state.address,
                                                             on_chain, context_.query_deadline());
        co_await transaction.commit(context_.query_deadline());
        if (raised) {
            context_.use.log.warn(
                "the chain knows more transactions of this address than the database: its next nonce was "
                "raised",
                {{"address", crypto::to_checksum(state.address)},
                 {"from", std::to_string(state.next_nonce)},
                 {"to", std::to_string(on_chain)}});
        }
    }
}

async::Task<void> Broadcaster::finish_in_progress() {
    const auto rows =
        co_await store::load_in_progress(context_.pool(), context_.chain_id(), context_.query_deadline());
    for (const auto& row : rows) {
        if (row.attempts.size() != 1) {
            context_.use.log.critical(
                "a transaction is in progress without exactly one attempt; it is left alone",
                {{"id", std::to_string(row.id)}});
            continue;
        }
        std::vector<Sender::Item> items;
        items.push_back(Sender::item_of(row));
        // The nonce is spent from here on: whether or not this send succeeds, the row is re-sent until it is
        // mined.
        co_await store::complete_in_progress(context_.use.writer, context_.chain_id(), row.from, row.id);
        co_await sender_.send(std::move(items));
        context_.use.log.info("finished a transaction that was in progress",
                              {{"id", std::to_string(row.id)}});
    }
}

async::Task<bool> Broadcaster::pass() {
    const auto limit = std::int64_t(context_.use.chain.max_in_flight);
    bool all_done = true;
    for (bool more = true; more && all_done;) {
        more = false;
        auto work = co_await store::load_work(context_.pool(), context_.chain_id(), limit, most_per_commit,
                                              context_.query_deadline());
        // After they were read: one that a run commits later is not among them.
        const bool joined = co_await lost_commits_.join();
        if (joined) {
            more = true;
            continue;
        }
        for (auto& key : work) {
            // The confirmer wakes this loop when receipts make room.
            if (key.transactions.empty() || !can_start(key)) continue;
            // Those that had no room within this commit.
            more = more || static_cast<std::int64_t>(key.transactions.size()) == key.room;
            const auto what = "starting transactions of " + crypto::to_checksum(key.from);
            const bool done = co_await context_.attempt(what, start(std::move(key)));
            all_done = all_done && done;
        }
    }
    co_return all_done;
}

bool Broadcaster::can_start(const store::Work& work) {
    if (!context_.can_sign(work.from)) return false;
    if (work.next_nonce) return true;
    context_.use.log.error("transactions wait for a key that is disabled on this chain or not there",
                           {{"address", crypto::to_checksum(work.from)}});
    return false;
}

store::Assignment Broadcaster::prepare(const model::Transaction& transaction, std::int64_t nonce) const {
    LegacyTransaction fields;
    fields.chain_id = context_.chain_id();
    fields.nonce = nonce;
    fields.gas_price = context_.gas_price();
    fields.gas_limit = static_cast<std::uint64_t>(static_cast<double>(transaction.gas_limit) *
                                                  context_.use.chain.gas_limit_multiplier);
    fields.to = transaction.to;
    fields.value = transaction.value;
    fields.payload = transaction.payload;
    const auto with_signature = sign(*context_.use.keys, transaction.from, fields);
    store::Assignment assignment;
    assignment.tx_id = transaction.id;
    assignment.nonce = nonce;
    assignment.attempt.gas_price = fields.gas_price;
    assignment.attempt.gas_limit = fields.gas_limit;
    assignment.attempt.signed_raw_tx = with_signature.raw;
    assignment.attempt.hash = with_signature.hash;
    return assignment;
}

async::Task<void> Broadcaster::start(store::Work work) {
    std::vector<store::Assignment> assignments;
    std::vector<Sender::Item> items;
    for (auto& transaction : work.transactions) {
        const auto nonce = *work.next_nonce + static_cast<std::int64_t>(assignments.size());
        auto assignment = prepare(transaction, nonce);
        transaction.nonce = nonce;
        transaction.attempts.push_back(assignment.attempt);
        items.push_back(Sender::item_of(transaction));
        assignments.push_back(std::move(assignment));
    }
    co_await store::assign_nonces(context_.use.writer, context_.chain_id(), work.from, *work.next_nonce,
                                  std::move(assignments));
    for (const auto& transaction : work.transactions) {
        const auto waited = context_.use.clock->wall() - transaction.created_at;
        context_.use.metrics->observe("tx_manager_time_until_tx_broadcast",
                                      static_cast<double>(std::chrono::nanoseconds(waited).count()),
                                      {{"evmChainID", to_decimal(context_.chain_id())}});
    }
    co_await sender_.send(std::move(items));
}

}  // namespace baton::txm
