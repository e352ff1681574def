#include "baton/txm/sender.hpp"

#include "baton/crypto/eip55.hpp"

namespace baton::txm {

namespace {
/// Gas of a plain transfer.
constexpr std::uint64_t transfer_gas = 21'000;
}  // namespace

async::Task<void> Sender::send(std::vector<Item> items) {
    if (items.empty()) co_return;
    if (!context_.use.may_act()) {
        context_.use.log.warn("not sending: leadership is not proved at this moment");
        co_return;
    }
    std::vector<Bytes> raw;
    for (const auto& item : items)
        raw.push_back(canonical_bytes(item.stored_raw));
    std::vector<std::optional<eth::RpcError>> answers;
    std::string failed;
    try {
        answers = co_await context_.use.rpc->send_raw(std::move(raw), context_.rpc_deadline());
    } catch (const eth::TransportError& error) {
        failed = error.what();
    } catch (const TimedOut& error) {
        failed = error.what();
    }
    if (!failed.empty()) {
        context_.use.log.warn("transactions could not be sent and will be sent again",
                              {{"count", std::to_string(items.size())}, {"reason", failed}});
        co_return;
    }

    std::vector<Hash> broadcast;
    std::vector<std::pair<Item, std::string>> refused;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto& item = items[i];
        const std::string message = answers[i] ? answers[i]->message : "";
        const auto outcome = answers[i] ? eth::classify_send_error(message) : eth::SendOutcome::accepted;
        std::vector<LogField> about{{"hash", to_0x(item.hash.view())},
                                    {"nonce", std::to_string(item.nonce)},
                                    {"address", crypto::to_checksum(item.from)},
                                    {"answer", message}};
        switch (outcome) {
            case eth::SendOutcome::accepted:
            case eth::SendOutcome::nonce_too_low:
            case eth::SendOutcome::replacement_underpriced:
                broadcast.push_back(item.hash);
                break;
            case eth::SendOutcome::temporary:
                context_.use.log.warn("the endpoint takes no more transactions now; sending again later",
                                      about);
                break;
            case eth::SendOutcome::terminally_underpriced:
                context_.use.log.critical(
                    "the endpoint finds the gas price too low: raise ETH_GAS_PRICE_DEFAULT", about);
                break;
            case eth::SendOutcome::insufficient_eth:
                context_.use.log.critical("the sending address has not enough ETH for gas: fund it", about);
                co_await store::mark_insufficient_eth(context_.use.writer, item.hash);
                break;
            case eth::SendOutcome::fatal:
                refused.emplace_back(item, message);
                break;
            case eth::SendOutcome::unknown:
                context_.use.log.critical(
                    "the endpoint refused a transaction for a reason that is not known; sending again later",
                    about);
                break;
        }
    }
    co_await store::mark_broadcast(context_.use.writer, std::move(broadcast));
    for (auto& [item, reason] : refused)
        co_await give_up(item, reason);
}

/// The nonce was committed together with bytes that somebody may have: it is spent on a transfer of nothing
/// to oneself, never on another request (G3).
async::Task<void> Sender::give_up(Item item, std::string reason) {
    LegacyTransaction cancellation;
    cancellation.chain_id = context_.chain_id();
    cancellation.nonce = item.nonce;
    cancellation.gas_price = context_.use.chain.gas_price_default;
    cancellation.gas_limit = transfer_gas;
    cancellation.to = item.from;
    const auto with_signature = sign(*context_.use.keys, item.from, cancellation);
    const std::vector<LogField> about{{"hash", to_0x(item.hash.view())}, {"reason", reason}};
    if (with_signature.hash == item.hash) {
        // Nothing cheaper could take its place; without it no later nonce is ever mined.
        context_.use.log.critical(
            "an endpoint refuses a cancellation for good; it is sent again all the same", about);
        co_return;
    }
    context_.use.log.critical("a transaction was refused for good; its nonce is spent on a cancellation",
                              about);
    store::Assignment replacement;
    replacement.tx_id = item.tx_id;
    replacement.nonce = item.nonce;
    replacement.attempt.gas_price = cancellation.gas_price;
    replacement.attempt.gas_limit = transfer_gas;
    replacement.attempt.signed_raw_tx = with_signature.raw;
    replacement.attempt.hash = with_signature.hash;
    co_await store::mark_fatal(context_.use.writer, item.tx_id, std::move(reason), std::move(replacement));

    std::vector<Bytes> raw{with_signature.raw};
    std::vector<Hash> sent{with_signature.hash};
    std::string failed;
    try {
        const auto answers = co_await context_.use.rpc->send_raw(std::move(raw), context_.rpc_deadline());
        if (!answers[0]) co_await store::mark_broadcast(context_.use.writer, std::move(sent));
    } catch (const eth::TransportError& error) {
        failed = error.what();
    } catch (const TimedOut& error) {
        failed = error.what();
    }
    if (!failed.empty()) context_.use.log.warn("the cancellation will be sent again", {{"reason", failed}});
}

}  // namespace baton::txm
