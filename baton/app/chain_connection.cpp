#include "baton/app/chain_connection.hpp"

#include "baton/async/run_all.hpp"
#include "baton/codec/abi.hpp"
#include "baton/crypto/eip55.hpp"
#include "baton/crypto/keccak.hpp"

#include <algorithm>

namespace baton::app {

namespace {

constexpr const char* very_old_head = "head_tracker_very_old_head";
constexpr auto rpc_timeout = std::chrono::seconds(10);
/// Without heads balances are still looked at now and then.
constexpr auto balance_period = std::chrono::seconds(15);

Bytes call_data(std::string_view signature, const std::optional<Address>& argument) {
    const auto hash = crypto::keccak256(as_bytes(signature));
    Bytes data(hash.bytes.begin(), hash.bytes.begin() + 4);
    if (argument) {
        data.resize(16, 0);
        data.insert(data.end(), argument->bytes.begin(), argument->bytes.end());
    }
    return data;
}

model::ContractCall call_of(const Address& to, Bytes data) {
    model::ContractCall call;
    call.to = to;
    call.data = std::move(data);
    return call;
}

double in_ether(const BigInt& wei) {
    return static_cast<double>(static_cast<boost::multiprecision::cpp_int>(wei / 1'000'000'000)) / 1e9;
}

}  // namespace

ChainConnection::ChainConnection(async::Executor executor, model::ChainSettings settings,
                                 std::vector<eth::Endpoint> endpoints, net::HttpClient& http,
                                 Metrics& metrics, Logger log)
    : settings_(std::move(settings)),
      labels_{{"evmChainID", to_decimal(settings_.chain_id)}},
      metrics_(metrics),
      log_(log.with("evmChainID", to_decimal(settings_.chain_id))),
      rpc_(executor, settings_.chain_id, std::move(endpoints), http, metrics, log_),
      heads_(std::max(settings_.head_history_depth, settings_.finality_depth)),
      look_at_balances_(executor) {
    metrics_.add(very_old_head, 0, labels_);
}

void ChainConnection::listen(std::function<void(const model::Head&)> on_head) {
    on_head_ = std::move(on_head);
}

void ChainConnection::take(const model::Head& head) {
    last_head_at_ = BootClock::now();
    metrics_.add("head_tracker_heads_received", 1, labels_);
    const auto before = heads_.latest();
    if (before && head.number + settings_.finality_depth < before->number) {
        metrics_.add(very_old_head, 1, labels_);
        log_.critical(
            "a head is further below the latest one than ETH_FINALITY_DEPTH: the chain was reorganised "
            "that deep, or an RPC endpoint is far behind or was reset",
            {{"number", std::to_string(head.number)}, {"latest", std::to_string(before->number)}});
    }
    heads_.insert(head);
    const auto latest = heads_.latest();
    if (latest) metrics_.set("head_tracker_current_head", static_cast<double>(latest->number), labels_);
    look_at_balances_.notify();
    if (on_head_ && latest) on_head_(*latest);
}

async::Task<void> ChainConnection::run() {
    auto follow_heads = rpc_.run([this](model::Head head) { take(head); });
    std::vector<async::NamedTask> tasks;
    tasks.push_back({"heads", std::move(follow_heads)});
    tasks.push_back({"balances", follow_balances()});
    auto all = async::run_all(std::move(tasks));
    co_await std::move(all);
}

void ChainConnection::watch(std::vector<Address> keys, std::vector<Address> operators) {
    // Told again and again by a standby: only what is new is looked at at once.
    if (keys == keys_ && operators == operators_) return;
    keys_ = std::move(keys);
    operators_ = std::move(operators);
    look_at_balances_.notify();
}

std::optional<ChainConnection::Balance> ChainConnection::balance(const Address& address) const {
    const auto found = balances_.find(address);
    if (found == balances_.end()) return std::nullopt;
    return found->second;
}

async::Task<void> ChainConnection::follow_balances() {
    for (;;) {
        co_await look_at_balances_.wait(async::Deadline::after(balance_period));
        const auto keys = keys_;
        const auto operators = operators_;
        std::string problem;
        try {
            for (const auto& key : keys)
                co_await read_balance(key);
            for (const auto& contract : operators)
                co_await read_authorised(contract);
        } catch (const eth::TransportError& error) {
            problem = error.what();
        } catch (const TimedOut& error) {
            problem = error.what();
        }
        if (!problem.empty()) {
            log_.debug("balances could not be read", {{"reason", problem}});
            continue;
        }
        warn_about_changes();
    }
}

async::Task<void> ChainConnection::read_balance(Address address) {
    Balance balance;
    balance.wei = co_await rpc_.balance(address, async::Deadline::after(rpc_timeout));
    if (settings_.link_contract) {
        auto call = call_of(*settings_.link_contract, call_data("balanceOf(address)", address));
        const auto answer = co_await rpc_.call_contract(std::move(call), async::Deadline::after(rpc_timeout));
        const auto* bytes = std::get_if<Bytes>(&answer);
        if (bytes && bytes->size() == 32) balance.juels = from_big_endian(*bytes);
    }
    if (settings_.balance_monitor) show_balance(address, balance);
    balances_[address] = std::move(balance);
}

void ChainConnection::show_balance(const Address& address, const Balance& balance) {
    metrics_.set("eth_balance", in_ether(balance.wei),
                 {{"account", crypto::to_checksum(address)}, {"evmChainID", to_decimal(settings_.chain_id)}});
    const auto before = balances_.find(address);
    if (before == balances_.end() || before->second.wei != balance.wei) {
        log_.info((before == balances_.end() ? "ETH balance for " : "New ETH balance for ") +
                  crypto::to_checksum(address) + ": " + Decimal(balance.wei, -18).to_string());
    }
}

/// Operator.getAuthorizedSenders(); other contracts have no such list and are passed over.
async::Task<void> ChainConnection::read_authorised(Address contract) {
    auto call = call_of(contract, call_data("getAuthorizedSenders()", std::nullopt));
    const auto answer = co_await rpc_.call_contract(std::move(call), async::Deadline::after(rpc_timeout));
    const auto* bytes = std::get_if<Bytes>(&answer);
    if (!bytes || bytes->empty()) co_return;
    static const auto arguments = codec::parse_abi_arguments("address[] senders", false);
    std::vector<Address> senders;
    try {
        const auto values = codec::abi_decode(arguments, *bytes);
        const auto* list = values.at(0).get_if<std::shared_ptr<codec::TypedList>>();
        if (!list) co_return;
        for (const auto& item : (*list)->items) {
            if (const auto* sender = item.get_if<Address>()) senders.push_back(*sender);
        }
    } catch (const codec::AbiError&) {
        co_return;
    }
    authorised_[contract] = std::move(senders);
}

std::vector<std::string> ChainConnection::warnings() const {
    std::vector<std::string> lines;
    if (const auto wrong = rpc_.wrong_chain()) lines.push_back(*wrong);
    for (const auto& key : keys_) {
        if (std::find(sending_.begin(), sending_.end(), key) == sending_.end()) continue;
        const auto text = crypto::to_checksum(key);
        const auto found = balances_.find(key);
        if (found != balances_.end() && found->second.wei == 0)
            lines.push_back("The sending address " + text + " has a balance of zero on chain " +
                            to_decimal(settings_.chain_id) +
                            ": fund it with ETH, or no request can be answered");
        for (const auto& contract : operators_) {
            const auto list = authorised_.find(contract);
            if (list == authorised_.end()) continue;
            if (std::find(list->second.begin(), list->second.end(), key) == list->second.end())
                lines.push_back(
                    "The sending address " + text + " is not authorised in the operator contract " +
                    crypto::to_checksum(contract) + ": its owner has to call setAuthorizedSenders");
        }
    }
    return lines;
}

void ChainConnection::warn_about_changes() {
    const auto now = warnings();
    for (const auto& line : now) {
        if (std::find(told_.begin(), told_.end(), line) == told_.end()) log_.warn(line);
    }
    told_ = now;
}

}  // namespace baton::app
