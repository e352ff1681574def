#include "baton/txm/confirmer.hpp"

#include "baton/txm/transaction_metrics.hpp"

#include <algorithm>

namespace baton::txm {

namespace {

/// Most transactions in one request to an endpoint.
constexpr std::size_t most_per_send = 100;

bool is_acknowledged(const model::Transaction& transaction) {
    return std::all_of(transaction.attempts.begin(), transaction.attempts.end(),
                       [](const auto& attempt) { return attempt.state == model::AttemptState::broadcast; });
}

std::int64_t last_broadcast_block(const model::Transaction& transaction) {
    std::int64_t last = 0;
    for (const auto& attempt : transaction.attempts)
        last = std::max(last, attempt.broadcast_before_block_num.value_or(INT64_MAX));
    return last;
}

bool is_missing(const model::Transaction& transaction, const std::unordered_set<Hash>& missing) {
    return !transaction.attempts.empty() &&
           std::all_of(transaction.attempts.begin(), transaction.attempts.end(),
                       [&](const auto& attempt) { return missing.contains(attempt.hash); });
}

template <typename T>
std::vector<std::vector<T>> in_chunks(const std::vector<T>& all, std::size_t most) {
    std::vector<std::vector<T>> chunks;
    for (std::size_t i = 0; i < all.size(); i += most)
        chunks.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(i),
                            all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), i + most)));
    return chunks;
}

}  // namespace

async::Task<void> Confirmer::resend_all() {
    const auto rows =
        co_await store::load_unconfirmed(context_.pool(), context_.chain_id(), context_.query_deadline());
    std::vector<Sender::Item> items;
    for (const auto& row : rows) {
        if (!row.attempts.empty()) items.push_back(Sender::item_of(row));
    }
    for (auto& chunk : in_chunks(items, most_per_send))
        co_await sender_.send(std::move(chunk));
}

async::Task<void> Confirmer::resend_stale() {
    const auto rows =
        co_await store::load_unconfirmed(context_.pool(), context_.chain_id(), context_.query_deadline());
    const auto oldest = context_.use.clock->wall() - std::chrono::duration_cast<std::chrono::microseconds>(
                                                         context_.use.chain.resend_after);
    std::vector<Sender::Item> items;
    std::vector<std::int64_t> touched;
    for (const auto& row : rows) {
        if (row.attempts.empty()) continue;
        const bool silent =
            context_.use.chain.resend_after.count() > 0 && row.broadcast_at && *row.broadcast_at <= oldest;
        if (is_acknowledged(row) && !silent) continue;
        items.push_back(Sender::item_of(row));
        if (silent) touched.push_back(row.id);
    }
    for (auto& chunk : in_chunks(items, most_per_send))
        co_await sender_.send(std::move(chunk));
    co_await store::touch_broadcast_at(context_.use.writer, std::move(touched));
}

/// What fails in one step must not keep the next ones from their turn.
async::Task<void> Confirmer::pass(model::Head head) {
    co_await context_.attempt("looking for receipts", follow_unconfirmed(head.number));
    co_await context_.attempt("looking for reorganisations", check_reorganisation(head.number));
    co_await context_.attempt("resuming runs", resume_runs(head.number));
}

async::Task<void> Confirmer::follow_unconfirmed(std::uint64_t head) {
    const auto unconfirmed =
        co_await store::load_unconfirmed(context_.pool(), context_.chain_id(), context_.query_deadline());
    report_unconfirmed(context_, unconfirmed, head);
    if (unconfirmed.empty()) co_return;
    const auto missing = co_await fetch_receipts(unconfirmed, head);
    co_await give_up_missing(unconfirmed, missing, head);
    co_await store::stamp_attempts(context_.use.writer, context_.chain_id(), head);
}

/// Hashes of attempts whose nonce is used on chain: only those can have a receipt.
async::Task<std::vector<Hash>> Confirmer::mined_candidates(
    const std::vector<model::Transaction>& unconfirmed) {
    std::map<Address, std::uint64_t> mined;
    for (const auto& row : unconfirmed)
        mined[row.from] = 0;
    for (auto& [address, count] : mined)
        count = co_await context_.use.rpc->nonce(address, false, context_.rpc_deadline());
    std::vector<Hash> hashes;
    for (const auto& row : unconfirmed) {
        if (!row.nonce || static_cast<std::uint64_t>(*row.nonce) >= mined[row.from]) continue;
        for (const auto& attempt : row.attempts)
            hashes.push_back(attempt.hash);
    }
    co_return hashes;
}

/// The hashes that have no receipt, as the endpoint says.
async::Task<std::unordered_set<Hash>> Confirmer::fetch_receipts(std::vector<model::Transaction> unconfirmed,
                                                                std::uint64_t head) {
    std::unordered_set<Hash> missing;
    const auto hashes = co_await mined_candidates(unconfirmed);
    context_.use.metrics->set("tx_manager_tx_attempt_count", static_cast<double>(hashes.size()),
                              {{"evmChainID", to_decimal(context_.chain_id())}});
    const std::size_t batch = context_.use.chain.rpc_batch_size > 0 ? context_.use.chain.rpc_batch_size : 100;
    for (auto& chunk : in_chunks(hashes, batch)) {
        const auto answers = co_await context_.use.rpc->receipts(chunk, context_.rpc_deadline());
        std::vector<model::Receipt> receipts;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const auto& receipt = answers[i].receipt;
            if (receipt && receipt->block_number <= head) receipts.push_back(*receipt);
            if (answers[i].none) missing.insert(chunk[i]);
        }
        if (receipts.empty()) continue;
        for (const auto& receipt : receipts)
            report_receipt(context_, unconfirmed, receipt);
        co_await store::save_receipts(context_.use.writer, context_.chain_id(), std::move(receipts));
        context_.wake_broadcaster();
    }
    co_return missing;
}

/// The nonce was used by something else and that is final: the transaction can never be mined. Only what was
/// asked for just now and is not there: as long as nobody could ask, it may be there.
async::Task<void> Confirmer::give_up_missing(std::vector<model::Transaction> unconfirmed,
                                             std::unordered_set<Hash> missing, std::uint64_t head) {
    const auto final_block =
        static_cast<std::int64_t>(head) - std::int64_t(context_.use.chain.finality_depth);
    for (const auto& row : unconfirmed) {
        if (row.state != model::TxState::confirmed_missing_receipt || final_block <= 0) continue;
        if (!is_missing(row, missing) || last_broadcast_block(row) >= final_block) continue;
        context_.use.log.critical(
            "a transaction got no receipt within the finality depth although its nonce is used",
            {{"id", std::to_string(row.id)}, {"nonce", std::to_string(*row.nonce)}});
        co_await store::mark_fatal(context_.use.writer, row.id, "could not get receipt", std::nullopt);
    }
}

/// `asked` keeps what the endpoint said in this pass: after a start many receipts share few blocks.
async::Task<bool> Confirmer::is_orphaned(store::ConfirmedReceipt receipt, Asked* asked) {
    const auto known = context_.use.is_canonical(receipt.block_number, receipt.block_hash);
    if (known) co_return !*known;
    auto found = asked->find(receipt.block_number);
    if (found == asked->end()) {
        const auto head =
            co_await context_.use.rpc->head_by_number(receipt.block_number, context_.rpc_deadline());
        const auto hash = head ? std::optional(head->hash) : std::nullopt;
        found = asked->emplace(receipt.block_number, hash).first;
    }
    co_return found->second&& * found->second != receipt.block_hash;
}

async::Task<void> Confirmer::check_reorganisation(std::uint64_t head) {
    const std::uint64_t depth = context_.use.chain.finality_depth;
    const auto from = head > depth ? head - depth : 0;
    const auto receipts = co_await store::load_confirmed_receipts(context_.pool(), context_.chain_id(), from,
                                                                  head, context_.query_deadline());
    std::map<std::int64_t, bool> canonical;
    Asked asked;
    for (const auto& receipt : receipts) {
        const bool orphaned = co_await is_orphaned(receipt, &asked);
        canonical[receipt.tx_id] = canonical[receipt.tx_id] || !orphaned;
    }
    bool moved = false;
    for (const auto& [tx_id, stands] : canonical) {
        if (stands) continue;
        context_.use.log.warn("a reorganisation took a transaction's block away; it is sent again",
                              {{"id", std::to_string(tx_id)}});
        co_await store::unconfirm(context_.use.writer, tx_id);
        moved = true;
    }
    if (moved) co_await resend_stale();
}

async::Task<void> Confirmer::resume_runs(std::uint64_t head) {
    const auto found =
        co_await store::find_resumable(context_.pool(), context_.chain_id(), head, context_.query_deadline());
    for (const auto& one : found)
        co_await context_.use.resume(one);
}

}  // namespace baton::txm
