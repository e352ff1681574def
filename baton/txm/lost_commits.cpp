#include "baton/txm/lost_commits.hpp"

#include "baton/codec/json.hpp"
#include "baton/crypto/eip55.hpp"
#include "baton/eth/rpc_json.hpp"
#include "baton/store/key_states.hpp"
#include "baton/store/own.hpp"
#include "baton/txm/signing.hpp"

#include <algorithm>
#include <map>

namespace baton::txm {

namespace {

/// Its value: system identifier and timeline, and "found" when transactions were.
constexpr const char* history_setting = "database_history";
constexpr std::string_view found_mark = " found";

constexpr std::uint64_t blocks_per_request = 20;
/// What a server that is promoted may lag behind at most; further back it is a restored dump.
constexpr std::uint64_t most_blocks = 20'000;
/// Tries, one a second, until what the endpoint calls pending is mined.
constexpr int most_waits = 60;

std::string text_at(const codec::Value& object, const char* member) {
    const auto* value = codec::at(object, {member});
    const auto* text = value ? value->get_if<std::string>() : nullptr;
    return text ? *text : std::string();
}

/// A transaction of a block as eth_getBlockByNumber gives it; nothing for those of others, and for what this
/// program does not make.
std::optional<store::FoundTransaction> read_own(const codec::Value& json, const BigInt& chain_id,
                                                const std::map<Address, std::uint64_t>& first_unknown,
                                                const keys::KeyStore& keys) {
    const auto from = from_0x(text_at(json, "from")), to = from_0x(text_at(json, "to"));
    if (!from || from->size() != 20 || !to || to->size() != 20) return std::nullopt;
    store::FoundTransaction found;
    std::copy(from->begin(), from->end(), found.from.bytes.begin());
    std::copy(to->begin(), to->end(), found.to.bytes.begin());
    const auto first = first_unknown.find(found.from);
    if (first == first_unknown.end()) return std::nullopt;
    const auto nonce = eth::read_number(*codec::at(json, {"nonce"}));
    if (nonce < first->second) return std::nullopt;
    found.nonce = static_cast<std::int64_t>(nonce);
    found.payload = eth::read_bytes(*codec::at(json, {"input"}));
    found.value = eth::read_quantity(*codec::at(json, {"value"}));
    found.attempt.gas_price = eth::read_quantity(*codec::at(json, {"gasPrice"}));
    found.attempt.gas_limit = eth::read_number(*codec::at(json, {"gas"}));
    // The same fields give the same bytes, and with them the same hash.
    LegacyTransaction fields;
    fields.chain_id = chain_id;
    fields.nonce = found.nonce;
    fields.gas_price = found.attempt.gas_price;
    fields.gas_limit = found.attempt.gas_limit;
    fields.to = found.to;
    fields.value = found.value;
    fields.payload = found.payload;
    const auto with_signature = sign(keys, found.from, fields);
    if (to_0x(with_signature.hash.view()) != text_at(json, "hash")) return std::nullopt;
    found.attempt.signed_raw_tx = with_signature.raw;
    found.attempt.hash = with_signature.hash;
    return found;
}

}  // namespace

/// By key of the ring: the first nonce that the chain has mined and the database has not given yet.
async::Task<std::map<Address, std::uint64_t>> LostCommits::unknown_nonces() {
    std::map<Address, std::uint64_t> unknown;
    const auto states = co_await store::list_key_states(context_.pool(), context_.query_deadline());
    for (const auto& state : states) {
        if (state.chain_id != context_.chain_id() || !context_.use.keys->has_eth_key(state.address)) continue;
        const auto mined = co_await context_.use.rpc->nonce(state.address, false, context_.rpc_deadline());
        const auto next = static_cast<std::uint64_t>(state.next_nonce);
        if (mined > next) unknown[state.address] = next;
    }
    co_return unknown;
}

/// From the newest block back until every nonce is found.
async::Task<std::vector<store::FoundTransaction>> LostCommits::search(
    std::map<Address, std::uint64_t> first_unknown) {
    std::vector<store::FoundTransaction> found;
    const auto head = co_await context_.use.rpc->latest_head(context_.rpc_deadline());
    if (!head) throw eth::TransportError("the endpoint has no newest block");
    auto open = first_unknown;
    std::uint64_t block = head->number + 1;
    const auto last = block > most_blocks ? block - most_blocks : 0;
    while (block > last && !open.empty()) {
        std::vector<eth::RpcCall> calls;
        for (std::uint64_t i = 0; i < blocks_per_request && block > last; ++i)
            calls.push_back({"eth_getBlockByNumber", "[" + eth::quantity_text(--block) + ",true]"});
        const auto answers = co_await context_.use.rpc->batch(std::move(calls), context_.rpc_deadline());
        for (const auto& answer : answers) {
            const auto* json = std::get_if<codec::Value>(&answer);
            if (!json) throw eth::TransportError("the endpoint does not give blocks with transactions");
            const auto* list = codec::at(*json, {"transactions"});
            if (!list || !list->list_or_null()) continue;
            for (const auto& one : *list->list_or_null()) {
                auto own = read_own(one, context_.chain_id(), first_unknown, *context_.use.keys);
                if (!own) continue;
                if (static_cast<std::uint64_t>(own->nonce) == first_unknown[own->from]) open.erase(own->from);
                found.push_back(std::move(*own));
            }
        }
    }
    for (const auto& [address, nonce] : open) {
        context_.use.log.error(
            "the chain has transactions of a key that this node did not make, or that are too old to be "
            "looked for: requests that they answered may be answered again",
            {{"address", crypto::to_checksum(address)}, {"firstNonce", std::to_string(nonce)}});
    }
    co_return found;
}

/// What is sent and not mined cannot be seen in any block yet.
async::Task<void> LostCommits::wait_for_pending() {
    const auto states = co_await store::list_key_states(context_.pool(), context_.query_deadline());
    for (const auto& state : states) {
        if (state.chain_id != context_.chain_id()) continue;
        const auto pending = co_await context_.use.rpc->nonce(state.address, true, context_.rpc_deadline());
        if (pending <= static_cast<std::uint64_t>(state.next_nonce)) continue;
        if (++waited_ > most_waits) {
            context_.use.log.error(
                "transactions that the database lost are not mined yet; requests that they answer may be "
                "answered again",
                {{"address", crypto::to_checksum(state.address)}});
            co_return;
        }
        throw Error("transactions that the database lost are not mined yet");
    }
}

async::Task<void> LostCommits::look() {
    const auto& now = context_.use.database_history;
    const auto& writer = context_.use.writer;
    if (now.empty()) co_return;
    const auto stored = co_await store::read_setting(context_.pool(), writer.fence.own_schema,
                                                     history_setting, context_.query_deadline());
    const bool known = stored && stored->starts_with(now);
    found_any_ = stored && stored->ends_with(found_mark);
    if (known) co_return;
    if (stored) {
        context_.use.log.warn(
            "PostgreSQL failed over since the last takeover: without synchronous replication commits may be "
            "lost; looking on the chain for transactions that the database does not know",
            {{"before", *stored}, {"now", now}});
        auto unknown = co_await unknown_nonces();
        auto found = co_await search(std::move(unknown));
        for (const auto& one : found) {
            context_.use.log.warn("a transaction that the database lost was found on the chain",
                                  {{"hash", to_0x(one.attempt.hash.view())},
                                   {"address", crypto::to_checksum(one.from)},
                                   {"nonce", std::to_string(one.nonce)}});
        }
        found_any_ = found_any_ || !found.empty();
        co_await store::record_found(writer, context_.chain_id(), std::move(found));
        co_await wait_for_pending();
    }
    std::string value = now;
    if (found_any_) value += found_mark;
    co_await store::replace_setting(writer, history_setting, std::move(value));
}

async::Task<bool> LostCommits::join() {
    if (!found_any_) co_return false;
    const auto joined = co_await store::join_found(context_.use.writer, context_.chain_id());
    if (joined == 0) co_return false;
    context_.use.log.warn("requests whose answer was on the chain already were not answered again",
                          {{"count", std::to_string(joined)}});
    co_return true;
}

}  // namespace baton::txm
