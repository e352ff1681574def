#include "baton/eth/rpc_client.hpp"

#include "baton/eth/plain_answer.hpp"
#include "baton/eth/rpc_connection.hpp"
#include "baton/eth/rpc_json.hpp"

#include <algorithm>

namespace baton::eth {

namespace {

std::string quoted(BytesView bytes) {
    return "\"" + to_0x(bytes) + "\"";
}

/// A negative one is the endpoint's to refuse, as with v1.11.0.
std::string signed_quantity(const BigInt& number) {
    return number < 0 ? "-" + to_quantity(-number) : to_quantity(number);
}

std::string call_text(const model::ContractCall& call) {
    std::string text = "{\"from\":" + quoted(call.from.view()) + ",\"to\":" + quoted(call.to.view());
    if (!call.data.empty()) text += ",\"data\":" + quoted(call.data);
    if (call.gas != 0) text += ",\"gas\":" + quantity_text(call.gas);
    if (call.gas_price) text += ",\"gasPrice\":\"" + signed_quantity(*call.gas_price) + "\"";
    return text + "}";
}

}  // namespace

struct RpcClient::Impl : RpcConnection {
    using RpcConnection::RpcConnection;

    static async::Task<void> run(std::shared_ptr<Impl> self, OnHead on_head) {
        co_await self->serve(&on_head);
    }

    /// The one value that a call gives.
    template <typename Read>
    static auto value(std::shared_ptr<Impl> self, RpcCall call, Read read, async::Deadline deadline)
        -> async::Task<std::invoke_result_t<Read, const codec::Value&>> {
        const std::string method = call.method;
        const auto answer = co_await self->call(std::move(call), deadline);
        co_return plain(answer, method, read);
    }

    static async::Task<std::vector<model::Log>> logs(std::shared_ptr<Impl> self, LogQuery query,
                                                     async::Deadline deadline);
    static async::Task<std::optional<std::vector<model::Log>>> logs_of_range(std::shared_ptr<Impl> self,
                                                                             LogQuery query,
                                                                             async::Deadline deadline);
    static async::Task<std::vector<ReceiptAnswer>> receipts(std::shared_ptr<Impl> self,
                                                            std::vector<Hash> hashes,
                                                            async::Deadline deadline);
    ReceiptAnswer read_receipt_of(const Hash& hash, const RpcAnswer& answer) const;
    static async::Task<std::variant<Bytes, RpcError>> call_contract(std::shared_ptr<Impl> self, RpcCall call,
                                                                    async::Deadline deadline);
    static async::Task<std::vector<std::optional<RpcError>>> send_raw(std::shared_ptr<Impl> self,
                                                                      std::vector<Bytes> transactions,
                                                                      async::Deadline deadline);
};

RpcClient::RpcClient(async::Executor executor, BigInt chain_id, std::vector<Endpoint> endpoints,
                     net::HttpClient& http, Metrics& metrics, Logger log, RpcTimes times)
    : impl_(std::make_shared<Impl>(executor, std::move(chain_id), std::move(endpoints), http, metrics,
                                   std::move(log), times)) {}

RpcClient::~RpcClient() = default;

const BigInt& RpcClient::chain_id() const {
    return impl_->chain_id();
}

bool RpcClient::healthy() const {
    return impl_->healthy();
}

std::optional<std::string> RpcClient::wrong_chain() const {
    return impl_->wrong_chain();
}

async::Task<void> RpcClient::run(std::function<void(model::Head)> on_head) {
    return Impl::run(impl_, std::move(on_head));
}

async::Task<RpcAnswer> RpcClient::call(RpcCall call, async::Deadline deadline) {
    return impl_->call(std::move(call), deadline);
}

async::Task<std::vector<RpcAnswer>> RpcClient::batch(std::vector<RpcCall> calls, async::Deadline deadline) {
    return impl_->batch(std::move(calls), deadline);
}

async::Task<std::optional<model::Head>> RpcClient::latest_head(async::Deadline deadline) {
    return Impl::value(impl_, make_call("eth_getBlockByNumber", R"(["latest",false])"), read_head, deadline);
}

async::Task<std::optional<model::Head>> RpcClient::head_by_number(std::uint64_t number,
                                                                  async::Deadline deadline) {
    return Impl::value(impl_, make_call("eth_getBlockByNumber", "[" + quantity_text(number) + ",false]"),
                       read_head, deadline);
}

async::Task<std::optional<model::Head>> RpcClient::head_by_hash(Hash hash, async::Deadline deadline) {
    return Impl::value(impl_, make_call("eth_getBlockByHash", "[" + quoted(hash.view()) + ",false]"),
                       read_head, deadline);
}

async::Task<std::uint64_t> RpcClient::nonce(Address address, bool pending, async::Deadline deadline) {
    const std::string block = pending ? ",\"pending\"]" : ",\"latest\"]";
    return Impl::value(impl_, make_call("eth_getTransactionCount", "[" + quoted(address.view()) + block),
                       read_number, deadline);
}

async::Task<BigInt> RpcClient::balance(Address address, async::Deadline deadline) {
    return Impl::value(impl_, make_call("eth_getBalance", "[" + quoted(address.view()) + ",\"latest\"]"),
                       read_quantity, deadline);
}

// ---------------------------------------------------------------------------------------------------------------------
// Logs
// ---------------------------------------------------------------------------------------------------------------------

namespace {

template <typename Item>
std::string list_text(const std::vector<Item>& items) {
    std::string text = "[";
    for (const auto& item : items) {
        if (text.size() > 1) text += ",";
        text += quoted(item.view());
    }
    return text + "]";
}

RpcCall log_call(const RpcClient::LogQuery& query) {
    std::string text = "[{\"fromBlock\":" + quantity_text(query.from_block) +
                       ",\"toBlock\":" + quantity_text(query.to_block) +
                       ",\"address\":" + list_text(query.addresses);
    if (!query.topics.empty()) text += ",\"topics\":[" + list_text(query.topics) + "]";
    return make_call("eth_getLogs", text + "}]");
}

template <typename Item>
bool contains(const std::vector<Item>& items, const Item& item) {
    return std::find(items.begin(), items.end(), item) != items.end();
}

/// What was asked for and nothing else; an endpoint that ignores a part of the filter does no harm.
std::vector<model::Log> read_logs(const codec::Value& value, const RpcClient::LogQuery& query) {
    const auto* list = value.list_or_null();
    if (!list) throw Error("it is no list");
    std::vector<model::Log> logs;
    for (const auto& one : *list) {
        if (is_removed(one)) continue;
        auto log = read_log(one);
        if (log.block_number < query.from_block || log.block_number > query.to_block) {
            throw Error("a log of block " + std::to_string(log.block_number) + " was not asked for");
        }
        const bool topic_fits =
            query.topics.empty() || (!log.topics.empty() && contains(query.topics, log.topics.front()));
        if (contains(query.addresses, log.address) && topic_fits) logs.push_back(std::move(log));
    }
    return logs;
}

}  // namespace

/// Nothing when the endpoint may be able to answer for a smaller range.
async::Task<std::optional<std::vector<model::Log>>> RpcClient::Impl::logs_of_range(std::shared_ptr<Impl> self,
                                                                                   LogQuery query,
                                                                                   async::Deadline deadline) {
    const bool divisible = query.from_block < query.to_block;
    std::vector<RpcCall> calls;
    calls.push_back(make_call("eth_blockNumber"));
    calls.push_back(log_call(query));
    std::vector<RpcAnswer> answers;
    bool too_large = false;
    try {
        answers = co_await self->in_order(std::move(calls), deadline);
    } catch (const AnswerTooLarge&) {
        if (!divisible) throw;
        too_large = true;
    }
    if (too_large) co_return std::nullopt;
    const auto known = plain(answers[0], "eth_blockNumber", read_number);
    if (known < query.to_block) {
        throw TransportError("eth_getLogs: the endpoint is at block " + std::to_string(known) +
                             " and does not know block " + std::to_string(query.to_block) + " yet");
    }
    // Endpoints limit range or number of results in words of their own, so any refusal counts.
    if (divisible && std::holds_alternative<RpcError>(answers[1])) co_return std::nullopt;
    co_return plain(answers[1], "eth_getLogs",
                    [&query](const codec::Value& value) { return read_logs(value, query); });
}

async::Task<std::vector<model::Log>> RpcClient::Impl::logs(std::shared_ptr<Impl> self, LogQuery query,
                                                           async::Deadline deadline) {
    std::vector<model::Log> logs;
    if (query.addresses.empty()) co_return logs;
    std::vector<LogQuery> parts;
    if (query.from_block <= query.to_block) parts.push_back(query);
    while (!parts.empty()) {
        const auto part = parts.back();
        parts.pop_back();
        const auto some = co_await logs_of_range(self, part, deadline);
        if (some) {
            logs.insert(logs.end(), some->begin(), some->end());
            continue;
        }
        auto lower = part;
        auto upper = part;
        lower.to_block = part.from_block + (part.to_block - part.from_block) / 2;
        upper.from_block = lower.to_block + 1;
        parts.push_back(std::move(upper));
        parts.push_back(std::move(lower));
    }
    co_return logs;
}

async::Task<std::vector<model::Log>> RpcClient::logs(LogQuery query, async::Deadline deadline) {
    return Impl::logs(impl_, std::move(query), deadline);
}

// ---------------------------------------------------------------------------------------------------------------------
// Receipts, contracts, transactions
// ---------------------------------------------------------------------------------------------------------------------

RpcClient::ReceiptAnswer RpcClient::Impl::read_receipt_of(const Hash& hash, const RpcAnswer& answer) const {
    ReceiptAnswer read;
    const auto* value = std::get_if<codec::Value>(&answer);
    // Some clients answer with an error while a transaction is pending: no receipt yet.
    if (!value) return read;
    read.none = value->is_null();
    try {
        read.receipt = read_receipt(*value);
    } catch (const Error& error) {
        log().warn("a receipt of the endpoint cannot be read and counts as none",
                   {{"hash", to_0x(hash.view())}, {"err", error.what()}});
    }
    if (read.receipt && read.receipt->tx_hash != hash) read.receipt.reset();
    return read;
}

async::Task<std::vector<RpcClient::ReceiptAnswer>> RpcClient::Impl::receipts(std::shared_ptr<Impl> self,
                                                                             std::vector<Hash> hashes,
                                                                             async::Deadline deadline) {
    std::vector<RpcCall> calls;
    for (const auto& hash : hashes) {
        calls.push_back(make_call("eth_getTransactionReceipt", "[" + quoted(hash.view()) + "]"));
    }
    const auto answers = co_await self->batch(std::move(calls), deadline);
    std::vector<ReceiptAnswer> receipts;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        receipts.push_back(self->read_receipt_of(hashes[i], answers[i]));
    }
    co_return receipts;
}

async::Task<std::vector<RpcClient::ReceiptAnswer>> RpcClient::receipts(std::vector<Hash> hashes,
                                                                       async::Deadline deadline) {
    return Impl::receipts(impl_, std::move(hashes), deadline);
}

async::Task<std::variant<Bytes, RpcError>> RpcClient::Impl::call_contract(std::shared_ptr<Impl> self,
                                                                          RpcCall call,
                                                                          async::Deadline deadline) {
    const auto answer = co_await self->call(std::move(call), deadline);
    if (const auto* error = std::get_if<RpcError>(&answer)) co_return *error;
    co_return plain(answer, "eth_call", read_bytes);
}

async::Task<std::variant<Bytes, RpcError>> RpcClient::call_contract(model::ContractCall call,
                                                                    async::Deadline deadline) {
    auto asked = make_call("eth_call", "[" + call_text(call) + ",\"latest\"]");
    return Impl::call_contract(impl_, std::move(asked), deadline);
}

async::Task<std::uint64_t> RpcClient::estimate_gas(model::ContractCall call, async::Deadline deadline) {
    return Impl::value(impl_, make_call("eth_estimateGas", "[" + call_text(call) + "]"), read_number,
                       deadline);
}

async::Task<std::vector<std::optional<RpcError>>> RpcClient::Impl::send_raw(std::shared_ptr<Impl> self,
                                                                            std::vector<Bytes> transactions,
                                                                            async::Deadline deadline) {
    std::vector<RpcCall> calls;
    for (const auto& raw : transactions) {
        calls.push_back(make_call("eth_sendRawTransaction", "[" + quoted(raw) + "]"));
    }
    if (!calls.empty()) self->fan_out(calls, deadline);
    const auto answers = co_await self->batch(std::move(calls), deadline);
    std::vector<std::optional<RpcError>> errors;
    for (const auto& answer : answers) {
        const auto* error = std::get_if<RpcError>(&answer);
        errors.push_back(error ? std::optional(*error) : std::nullopt);
    }
    co_return errors;
}

async::Task<std::vector<std::optional<RpcError>>> RpcClient::send_raw(std::vector<Bytes> transactions,
                                                                      async::Deadline deadline) {
    return Impl::send_raw(impl_, std::move(transactions), deadline);
}

}  // namespace baton::eth
