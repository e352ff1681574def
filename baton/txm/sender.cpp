#include "baton/txm/sender.hpp"

#include <algorithm>

namespace baton::txm {

namespace {

/// Gas of a plain transfer.
constexpr std::uint64_t transfer_gas = 21'000;

bool is_cancellation(const Sender::Item& item) {
    return item.to == item.from && item.payload.empty() && item.value == 0;
}

std::vector<LogField> about(const Sender::Item& item, const std::string& answer) {
    return {{"hash", to_0x(item.attempt.hash.view())},
            {"nonce", std::to_string(item.nonce)},
            {"address", crypto::to_checksum(item.from)},
            {"answer", answer}};
}

store::Assignment assignment(const Sender::Item& item, const LegacyTransaction& fields,
                             const SignedTransaction& with_signature) {
    store::Assignment made;
    made.tx_id = item.tx_id;
    made.nonce = item.nonce;
    made.attempt.gas_price = fields.gas_price;
    made.attempt.gas_limit = fields.gas_limit;
    made.attempt.signed_raw_tx = with_signature.raw;
    made.attempt.hash = with_signature.hash;
    return made;
}

}  // namespace

struct Sender::Answered {
    std::vector<Hash> broadcast;
    std::vector<Hash> poor;
    std::vector<Item> underpriced;
    std::vector<std::pair<Item, std::string>> refused;
};

Sender::Item Sender::item_of(const model::Transaction& transaction) {
    Item item;
    item.tx_id = transaction.id;
    item.nonce = *transaction.nonce;
    item.from = transaction.from;
    item.to = transaction.to;
    item.value = transaction.value;
    item.payload = transaction.payload;
    item.attempt = transaction.attempts.front();
    item.acknowledged =
        std::any_of(transaction.attempts.begin(), transaction.attempts.end(),
                    [](const auto& one) { return one.state == model::AttemptState::broadcast; });
    return item;
}

/// The bytes of each item; an item whose stored bytes make no sense is left out.
std::vector<Bytes> Sender::readable(std::vector<Item>& items) {
    std::vector<Bytes> raw;
    std::erase_if(items, [&](const Item& item) {
        try {
            raw.push_back(canonical_bytes(item.attempt.signed_raw_tx));
            return false;
        } catch (const Error& error) {
            if (unreadable_.insert(item.tx_id).second) {
                context_.use.log.critical("the stored bytes of a transaction cannot be sent",
                                          about(item, error.what()));
            }
            return true;
        }
    });
    return raw;
}

/// Nothing when the endpoint could not be asked, or may not be.
async::Task<std::vector<std::optional<eth::RpcError>>> Sender::ask(std::vector<Bytes> raw) {
    const auto count = raw.size();
    std::vector<std::optional<eth::RpcError>> answers;
    if (!context_.use.may_act()) {
        context_.use.log.warn("not sending: leadership is not proved at this moment");
        co_return answers;
    }
    std::string failed;
    try {
        answers = co_await context_.use.rpc->send_raw(std::move(raw), context_.send_deadline());
    } catch (const eth::TransportError& error) {
        failed = error.what();
    } catch (const TimedOut& error) {
        failed = error.what();
    }
    if (!failed.empty()) {
        context_.use.log.warn("transactions could not be sent and will be sent again",
                              {{"count", std::to_string(count)}, {"reason", failed}});
    }
    co_return answers;
}

Sender::Answered Sender::sort(std::vector<Item> items,
                              const std::vector<std::optional<eth::RpcError>>& answers) const {
    Answered sorted;
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto& item = items[i];
        const std::string message = answers[i] ? answers[i]->message : "";
        const auto outcome = answers[i] ? eth::classify_send_error(message) : eth::SendOutcome::accepted;
        switch (outcome) {
            case eth::SendOutcome::accepted:
            case eth::SendOutcome::nonce_too_low:
            case eth::SendOutcome::replacement_underpriced:
                if (item.attempt.state != model::AttemptState::broadcast)
                    sorted.broadcast.push_back(item.attempt.hash);
                break;
            case eth::SendOutcome::temporary:
                context_.use.log.warn("the endpoint takes no more transactions now; sending again later",
                                      about(item, message));
                break;
            case eth::SendOutcome::terminally_underpriced:
                if (item.attempt.type == 0 && item.attempt.gas_price < context_.gas_price()) {
                    sorted.underpriced.push_back(std::move(item));
                    break;
                }
                context_.use.log.critical(
                    "the endpoint finds the gas price too low: raise ETH_GAS_PRICE_DEFAULT",
                    about(item, message));
                break;
            case eth::SendOutcome::insufficient_eth:
                context_.use.log.critical("the sending address has not enough ETH for gas: fund it",
                                          about(item, message));
                if (item.attempt.state == model::AttemptState::in_progress)
                    sorted.poor.push_back(item.attempt.hash);
                break;
            case eth::SendOutcome::fatal:
                sorted.refused.emplace_back(std::move(item), message);
                break;
            case eth::SendOutcome::unknown:
                context_.use.log.critical(
                    "the endpoint refused a transaction for a reason that is not known; sending again later",
                    about(item, message));
                break;
        }
    }
    return sorted;
}

async::Task<void> Sender::send(std::vector<Item> items) {
    auto raw = readable(items);
    if (items.empty()) co_return;
    const auto answers = co_await ask(std::move(raw));
    if (answers.empty()) co_return;
    auto sorted = sort(std::move(items), answers);
    co_await store::mark_broadcast(context_.use.writer, std::move(sorted.broadcast));
    co_await store::mark_insufficient_eth(context_.use.writer, std::move(sorted.poor));
    for (auto& [item, reason] : sorted.refused)
        co_await context_.attempt("giving up a transaction", refused(item, reason));
    for (auto& item : sorted.underpriced)
        co_await context_.attempt("raising the gas price of a transaction", raise_price(item));
}

/// By these bytes or by others.
async::Task<bool> Sender::is_nonce_used(Item item) {
    const auto mined = co_await context_.use.rpc->nonce(item.from, false, context_.rpc_deadline());
    if (mined > static_cast<std::uint64_t>(item.nonce)) co_return true;
    std::vector<Hash> hashes{item.attempt.hash};
    const auto answers = co_await context_.use.rpc->receipts(std::move(hashes), context_.rpc_deadline());
    co_return answers.front().receipt.has_value();
}

async::Task<void> Sender::refused(Item item, std::string reason) {
    const auto fields = about(item, reason);
    if (is_cancellation(item)) {
        // Nothing cheaper could take its place; without it no later nonce is ever mined.
        context_.use.log.critical(
            "an endpoint refuses a cancellation for good; it is sent again all the same", fields);
        co_return;
    }
    // Some endpoints check limits before they look whether they know the transaction.
    const bool used = co_await is_nonce_used(item);
    if (used) {
        std::vector<Hash> sent{item.attempt.hash};
        co_await store::mark_broadcast(context_.use.writer, std::move(sent));
        co_return;
    }
    if (item.acknowledged) {
        context_.use.log.critical(
            "the endpoint refuses a transaction for good that was taken before and may still be mined; "
            "it is kept and sent again",
            fields);
        co_return;
    }
    if (context_.can_sign(item.from)) co_await give_up(std::move(item), std::move(reason));
}

/// The nonce was committed together with bytes that somebody may have: it is spent on a transfer of nothing
/// to oneself, never on another request (G3).
async::Task<void> Sender::give_up(Item item, std::string reason) {
    LegacyTransaction cancellation;
    cancellation.chain_id = context_.chain_id();
    cancellation.nonce = item.nonce;
    cancellation.gas_price = context_.gas_price();
    cancellation.gas_limit = transfer_gas;
    cancellation.to = item.from;
    const auto with_signature = sign(*context_.use.keys, item.from, cancellation);
    context_.use.log.critical("a transaction was refused for good; its nonce is spent on a cancellation",
                              about(item, reason));
    auto replacement = assignment(item, cancellation, with_signature);
    co_await store::mark_fatal(context_.use.writer, item.tx_id, std::move(reason), std::move(replacement));

    std::vector<Bytes> raw{with_signature.raw};
    std::vector<Hash> sent{with_signature.hash};
    const auto answers = co_await ask(std::move(raw));
    const bool accepted = !answers.empty() && !answers.front();
    if (accepted) co_await store::mark_broadcast(context_.use.writer, std::move(sent));
}

/// The same call at the same nonce for the price that is configured now: whichever attempt is mined, it is
/// mined once.
async::Task<void> Sender::raise_price(Item item) {
    if (!context_.can_sign(item.from)) co_return;
    LegacyTransaction fields;
    fields.chain_id = context_.chain_id();
    fields.nonce = item.nonce;
    fields.gas_price = context_.gas_price();
    fields.gas_limit = item.attempt.gas_limit;
    fields.to = item.to;
    fields.value = item.value;
    fields.payload = item.payload;
    const auto with_signature = sign(*context_.use.keys, item.from, fields);
    context_.use.log.warn("a transaction is sent again for the higher gas price that is configured now",
                          about(item, "from " + to_decimal(item.attempt.gas_price) + " to " +
                                          to_decimal(fields.gas_price) + " wei"));
    auto second = assignment(item, fields, with_signature);
    item.attempt = second.attempt;
    item.acknowledged = true;
    co_await store::add_second_attempt(context_.use.writer, std::move(second));
    std::vector<Item> again;
    again.push_back(std::move(item));
    co_await send(std::move(again));
}

}  // namespace baton::txm
