#include "baton/eth/rpc_client.hpp"

#include "baton/async/retry.hpp"
#include "baton/async/run_all.hpp"
#include "baton/async/timer.hpp"
#include "baton/codec/json.hpp"
#include "baton/eth/rpc_json.hpp"
#include "baton/eth/socket_channel.hpp"

#include <algorithm>
#include <unordered_set>

namespace baton::eth {

namespace {

/// Limit of one exchange, besides the caller's (reference/evm.md section 3.2).
constexpr auto call_limit = std::chrono::seconds(10);
constexpr std::size_t most_answer_bytes = std::size_t{64} << 20;
/// Silence of the subscription after which the latest block is asked for.
constexpr auto silence = std::chrono::seconds(3);
/// Missing parents that are fetched one by one when a head does not link to what is known.
constexpr std::size_t most_missing_heads = 64;
constexpr std::size_t most_known_hashes = 1024;
/// Halving a range of blocks ends here.
constexpr std::uint64_t least_range = 1;

std::string http_failure(const Endpoint& endpoint, const std::string& reason) {
    return (endpoint.send_only ? "sendonly http (" : "primary http (") + redacted_url(endpoint.http_url) +
           ") call failed: " + reason;
}

template <typename Read>
auto plain(const RpcAnswer& answer, const std::string& method, Read read) {
    if (const auto* error = std::get_if<RpcError>(&answer))
        throw TransportError(method + ": the endpoint answered: " + error->message);
    try {
        return read(std::get<codec::Value>(answer));
    } catch (const TransportError&) {
        throw;
    } catch (const Error& error) {
        throw TransportError(method + ": the endpoint's answer makes no sense: " + error.what());
    }
}

std::string address_text(const Address& address) { return "\"" + to_0x(address.view()) + "\""; }

}  // namespace

struct RpcClient::Impl : std::enable_shared_from_this<RpcClient::Impl> {
    Impl(async::Executor run_on, BigInt id, std::vector<Endpoint> all, net::HttpClient& client, Metrics& to, Logger log_to)
        : executor(run_on), chain_id(std::move(id)), http(client), metrics(to), log(std::move(log_to)), fan_out(run_on) {
        for (auto& endpoint : all) {
            if (endpoint.send_only) {
                send_only.push_back(std::move(endpoint));
            } else if (primary.name.empty()) {
                primary = std::move(endpoint);
            }
        }
    }

    async::Executor executor;
    BigInt chain_id;
    Endpoint primary;
    std::vector<Endpoint> send_only;
    net::HttpClient& http;
    Metrics& metrics;
    Logger log;

    std::shared_ptr<SocketChannel> socket;
    /// The chain id of the endpoint is the configured one: calls may be made.
    bool verified = false;
    std::optional<std::string> wrong;
    std::uint64_t next_id = 1;
    /// Transactions that the send-only endpoints get too.
    std::vector<std::vector<RpcCall>> fan_out_queue;
    async::Event fan_out;
    std::unordered_set<Hash> known;
    std::optional<model::Head> newest;

    async::Task<void> serve(const std::function<void(model::Head)>* on_head);
    async::Task<void> connected(const std::function<void(model::Head)>* on_head);
    async::Task<void> verify(async::Deadline deadline);
    async::Task<void> follow(const std::function<void(model::Head)>* on_head);
    async::Task<void> emit(model::Head head, const std::function<void(model::Head)>* on_head);
    async::Task<void> serve_fan_out();

    async::Task<codec::Value> post(Endpoint endpoint, std::string text, async::Deadline deadline);
    async::Task<RpcAnswer> call(RpcCall call, async::Deadline deadline);
    async::Task<RpcAnswer> call_unverified(RpcCall call, async::Deadline deadline);
    async::Task<std::vector<RpcAnswer>> batch(std::vector<RpcCall> calls, async::Deadline deadline);
    void require_verified() const;
    void count(const char* what) const {
        metrics.add(std::string("evm_pool_rpc_node_") + what, 1,
                    {{"evmChainID", to_decimal(chain_id)}, {"nodeName", primary.name}});
    }
};

RpcClient::RpcClient(async::Executor executor, BigInt chain_id, std::vector<Endpoint> endpoints, net::HttpClient& http,
                     Metrics& metrics, Logger log)
    : impl_(std::make_shared<Impl>(executor, std::move(chain_id), std::move(endpoints), http, metrics, std::move(log))) {}

RpcClient::~RpcClient() = default;

const BigInt& RpcClient::chain_id() const { return impl_->chain_id; }
bool RpcClient::healthy() const { return impl_->verified && impl_->socket != nullptr; }
std::optional<std::string> RpcClient::wrong_chain() const { return impl_->wrong; }

// ---------------------------------------------------------------------------------------------------------------------
// Connection and heads
// ---------------------------------------------------------------------------------------------------------------------

async::Task<void> RpcClient::run(std::function<void(model::Head)> on_head) {
    auto impl = impl_;
    std::vector<async::NamedTask> tasks;
    tasks.push_back({"endpoint", impl->serve(&on_head)});
    tasks.push_back({"send-only endpoints", impl->serve_fan_out()});
    auto all = async::run_all(std::move(tasks));
    co_await std::move(all);
}

async::Task<void> RpcClient::Impl::serve(const std::function<void(model::Head)>* on_head) {
    async::Backoff backoff(std::chrono::milliseconds(250), std::chrono::seconds(15));
    for (std::string told;;) {
        std::string problem;
        const auto began = BootClock::now();
        try {
            co_await connected(on_head);
        } catch (const Cancelled&) {
            throw;
        } catch (const Error& error) {
            problem = error.what();
        }
        socket.reset();
        if (BootClock::now() - began > std::chrono::seconds(30)) backoff.reset();
        if (problem != told)
            log.error("the connection to the RPC endpoint failed and is tried again",
                      {{"endpoint", redacted_url(primary.ws_url)}, {"reason", problem}});
        told = problem;
        count("dials_failed");
        co_await async::sleep_for(backoff.next());
    }
}

async::Task<void> RpcClient::Impl::connected(const std::function<void(model::Head)>* on_head) {
    const auto deadline = async::Deadline::after(call_limit);
    count("dials_total");
    auto channel = co_await SocketChannel::connect(primary.ws_url, deadline);
    count("dials_success");
    socket = channel;
    std::vector<async::NamedTask> tasks;
    tasks.push_back({"reader", channel->read()});
    tasks.push_back({"heads", follow(on_head)});
    auto all = async::run_all(std::move(tasks));
    co_await std::move(all);
}

async::Task<void> RpcClient::Impl::verify(async::Deadline deadline) {
    count("verifies");
    RpcCall ask;
    ask.method = "eth_chainId";
    std::vector<BigInt> ids;
    {
        const auto answer = co_await socket->call(ask, deadline);
        ids.push_back(plain(answer, ask.method, [](const auto& value) { return read_quantity(value); }));
    }
    if (!primary.http_url.empty()) {
        const auto answer = co_await call_unverified(ask, deadline);
        ids.push_back(plain(answer, ask.method, [](const auto& value) { return read_quantity(value); }));
    }
    for (const auto& id : ids) {
        if (id == chain_id) continue;
        verified = false;
        count("verifies_failed");
        wrong = "ETH_CHAIN_ID is " + to_decimal(chain_id) + " but the endpoint " + redacted_url(primary.ws_url) +
                " is on chain " + to_decimal(id) + ": nothing is sent to it";
        throw TransportError(*wrong);
    }
    count("verifies_success");
    wrong.reset();
    verified = true;
}

async::Task<void> RpcClient::Impl::follow(const std::function<void(model::Head)>* on_head) {
    co_await verify(async::Deadline::after(call_limit));
    const auto channel = socket;
    co_await channel->subscribe_new_heads(async::Deadline::after(call_limit));
    log.info("connected to the RPC endpoint", {{"endpoint", redacted_url(primary.ws_url)}});
    for (bool first = true;; first = false) {
        std::optional<codec::Value> told;
        if (!first) told = co_await channel->next_notification(async::Deadline::after(silence));
        std::optional<model::Head> head;
        if (told) {
            head = plain(RpcAnswer(*told), "newHeads", [](const auto& value) { return read_head(value); });
        } else {
            RpcCall latest;
            latest.method = "eth_getBlockByNumber";
            latest.params = R"(["latest",false])";
            const auto answer = co_await call(std::move(latest), async::Deadline::after(call_limit));
            head = plain(answer, "eth_getBlockByNumber", [](const auto& value) { return read_head(value); });
        }
        if (head && !known.contains(head->hash)) co_await emit(*std::move(head), on_head);
    }
}

/// Tells the head, and before it those of its ancestors that were missed.
async::Task<void> RpcClient::Impl::emit(model::Head head, const std::function<void(model::Head)>* on_head) {
    std::vector<model::Head> chain{head};
    while (newest && !known.contains(chain.back().parent_hash) && chain.back().number > 0 &&
           chain.size() <= most_missing_heads) {
        RpcCall ask;
        ask.method = "eth_getBlockByHash";
        ask.params = "[\"" + to_0x(chain.back().parent_hash.view()) + "\",false]";
        const auto answer = co_await call(std::move(ask), async::Deadline::after(call_limit));
        auto parent = plain(answer, "eth_getBlockByHash", [](const auto& value) { return read_head(value); });
        if (!parent) break;
        chain.push_back(*std::move(parent));
    }
    if (known.size() > most_known_hashes) known.clear();
    for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
        known.insert(at->hash);
        count("num_seen_blocks");
        (*on_head)(*at);
    }
    newest = head;
}

// ---------------------------------------------------------------------------------------------------------------------
// Calls
// ---------------------------------------------------------------------------------------------------------------------

void RpcClient::Impl::require_verified() const {
    if (wrong) throw TransportError(*wrong);
    if (!verified || (primary.http_url.empty() && !socket))
        throw TransportError("no live nodes available for chain " + to_decimal(chain_id));
}

async::Task<codec::Value> RpcClient::Impl::post(Endpoint endpoint, std::string text, async::Deadline deadline) {
    net::ClientRequest request;
    request.method = "POST";
    request.url = endpoint.http_url;
    request.headers.set("Content-Type", "application/json");
    request.body = std::move(text);
    request.deadline = deadline.sooner(async::Deadline::after(call_limit));
    request.max_response_bytes = most_answer_bytes;
    request.follow_redirects = false;
    const auto result = co_await http.send(std::move(request));
    if (const auto* error = std::get_if<net::ClientError>(&result))
        throw TransportError(http_failure(endpoint, error->text));
    const auto& response = std::get<net::ClientResponse>(result);
    codec::Value answer;
    try {
        answer = codec::read_json(response.body);
    } catch (const codec::JsonError& error) {
        throw TransportError(http_failure(endpoint, "HTTP status " + std::to_string(response.status) +
                                                        ", and the body is no JSON: " + error.what()));
    }
    co_return answer;
}

async::Task<RpcAnswer> RpcClient::Impl::call_unverified(RpcCall call, async::Deadline deadline) {
    if (primary.http_url.empty()) {
        const auto channel = socket;
        if (!channel) throw TransportError("no live nodes available for chain " + to_decimal(chain_id));
        std::string problem;
        std::optional<RpcAnswer> answer;
        try {
            answer = co_await channel->call(std::move(call), deadline.sooner(async::Deadline::after(call_limit)));
        } catch (const net::WebSocketError& error) {
            problem = error.what();
        }
        if (!answer)
            throw TransportError("primary websocket (" + redacted_url(primary.ws_url) + ") call failed: " + problem);
        co_return *std::move(answer);
    }
    auto text = request_text(call, next_id++);
    const auto answer = co_await post(primary, std::move(text), deadline);
    try {
        co_return read_answer(answer);
    } catch (const Error& error) {
        throw TransportError(http_failure(primary, error.what()));
    }
}

async::Task<RpcAnswer> RpcClient::Impl::call(RpcCall call, async::Deadline deadline) {
    require_verified();
    count("calls_total");
    auto answer = co_await call_unverified(std::move(call), deadline);
    count("calls_success");
    co_return answer;
}

async::Task<std::vector<RpcAnswer>> RpcClient::Impl::batch(std::vector<RpcCall> calls, async::Deadline deadline) {
    require_verified();
    std::vector<RpcAnswer> answers;
    if (calls.empty()) co_return answers;
    if (calls.size() == 1 || primary.http_url.empty()) {
        for (auto& one : calls) answers.push_back(co_await call(std::move(one), deadline));
        co_return answers;
    }
    const auto first_id = next_id;
    next_id += calls.size();
    auto text = batch_text(calls, first_id);
    const auto answer = co_await post(primary, std::move(text), deadline);
    try {
        answers = read_batch(answer, first_id, calls.size());
    } catch (const Error& error) {
        throw TransportError(http_failure(primary, error.what()));
    }
    co_return answers;
}

async::Task<RpcAnswer> RpcClient::call(RpcCall call, async::Deadline deadline) {
    return impl_->call(std::move(call), deadline);
}

async::Task<std::vector<RpcAnswer>> RpcClient::batch(std::vector<RpcCall> calls, async::Deadline deadline) {
    return impl_->batch(std::move(calls), deadline);
}

async::Task<std::optional<model::Head>> RpcClient::latest_head(async::Deadline deadline) {
    RpcCall ask;
    ask.method = "eth_getBlockByNumber";
    ask.params = R"(["latest",false])";
    const auto answer = co_await impl_->call(ask, deadline);
    co_return plain(answer, ask.method, [](const auto& value) { return read_head(value); });
}

async::Task<std::optional<model::Head>> RpcClient::head_by_number(std::uint64_t number, async::Deadline deadline) {
    RpcCall ask;
    ask.method = "eth_getBlockByNumber";
    ask.params = "[" + quantity_text(number) + ",false]";
    const auto answer = co_await impl_->call(ask, deadline);
    co_return plain(answer, ask.method, [](const auto& value) { return read_head(value); });
}

async::Task<std::optional<model::Head>> RpcClient::head_by_hash(Hash hash, async::Deadline deadline) {
    RpcCall ask;
    ask.method = "eth_getBlockByHash";
    ask.params = "[\"" + to_0x(hash.view()) + "\",false]";
    const auto answer = co_await impl_->call(ask, deadline);
    co_return plain(answer, ask.method, [](const auto& value) { return read_head(value); });
}

namespace {

std::string log_params(const RpcClient::LogQuery& query) {
    std::string text = "[{\"fromBlock\":" + quantity_text(query.from_block) + ",\"toBlock\":" +
                       quantity_text(query.to_block) + ",\"address\":[";
    for (std::size_t i = 0; i < query.addresses.size(); ++i)
        text += (i > 0 ? "," : "") + address_text(query.addresses[i]);
    text += "]";
    if (!query.topics.empty()) {
        text += ",\"topics\":[[";
        for (std::size_t i = 0; i < query.topics.size(); ++i)
            text += (i > 0 ? ",\"" : "\"") + to_0x(query.topics[i].view()) + "\"";
        text += "]]";
    }
    return text + "}]";
}

std::vector<model::Log> read_logs(const codec::Value& value) {
    const auto* list = value.list_or_null();
    if (!list) throw Error("it is no list");
    std::vector<model::Log> logs;
    for (const auto& one : *list) logs.push_back(read_log(one));
    return logs;
}

}  // namespace

async::Task<std::vector<model::Log>> RpcClient::logs(LogQuery query, async::Deadline deadline) {
    std::vector<model::Log> logs;
    if (query.addresses.empty() || query.from_block > query.to_block) co_return logs;
    RpcCall ask;
    ask.method = "eth_getLogs";
    ask.params = log_params(query);
    const auto answer = co_await impl_->call(ask, deadline);
    const auto* error = std::get_if<RpcError>(&answer);
    if (!error) co_return plain(answer, ask.method, read_logs);
    if (query.to_block - query.from_block < least_range)
        throw TransportError("eth_getLogs: the endpoint answered: " + error->message);
    // Endpoints limit range or number of results in words of their own: a smaller range is asked for until one is accepted.
    const auto middle = query.from_block + (query.to_block - query.from_block) / 2;
    auto lower = query;
    lower.to_block = middle;
    auto upper = query;
    upper.from_block = middle + 1;
    logs = co_await this->logs(std::move(lower), deadline);
    const auto rest = co_await this->logs(std::move(upper), deadline);
    logs.insert(logs.end(), rest.begin(), rest.end());
    co_return logs;
}

async::Task<std::vector<std::optional<model::Receipt>>> RpcClient::receipts(std::vector<Hash> hashes,
                                                                            async::Deadline deadline) {
    std::vector<RpcCall> calls;
    for (const auto& hash : hashes) {
        RpcCall ask;
        ask.method = "eth_getTransactionReceipt";
        ask.params = "[\"" + to_0x(hash.view()) + "\"]";
        calls.push_back(std::move(ask));
    }
    const auto answers = co_await impl_->batch(std::move(calls), deadline);
    std::vector<std::optional<model::Receipt>> receipts;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        // Some clients answer with an error while a transaction is pending: no receipt yet.
        if (std::holds_alternative<RpcError>(answers[i])) {
            receipts.push_back(std::nullopt);
            continue;
        }
        auto receipt =
            plain(answers[i], "eth_getTransactionReceipt", [](const auto& value) { return read_receipt(value); });
        if (receipt && receipt->tx_hash != hashes[i]) receipt.reset();
        receipts.push_back(std::move(receipt));
    }
    co_return receipts;
}

async::Task<std::uint64_t> RpcClient::nonce(Address address, bool pending, async::Deadline deadline) {
    RpcCall ask;
    ask.method = "eth_getTransactionCount";
    ask.params = "[" + address_text(address) + (pending ? ",\"pending\"]" : ",\"latest\"]");
    const auto answer = co_await impl_->call(ask, deadline);
    co_return plain(answer, ask.method, [](const auto& value) { return read_number(value); });
}

async::Task<BigInt> RpcClient::balance(Address address, async::Deadline deadline) {
    RpcCall ask;
    ask.method = "eth_getBalance";
    ask.params = "[" + address_text(address) + ",\"latest\"]";
    const auto answer = co_await impl_->call(ask, deadline);
    co_return plain(answer, ask.method, [](const auto& value) { return read_quantity(value); });
}

async::Task<std::variant<Bytes, RpcError>> RpcClient::call_contract(Address to, Bytes data, async::Deadline deadline) {
    RpcCall ask;
    ask.method = "eth_call";
    ask.params = "[{\"to\":" + address_text(to) + ",\"data\":\"" + to_0x(data) + "\"},\"latest\"]";
    const auto answer = co_await impl_->call(ask, deadline);
    if (const auto* error = std::get_if<RpcError>(&answer)) co_return *error;
    co_return plain(answer, ask.method, [](const codec::Value& value) {
        const auto* text = value.get_if<std::string>();
        auto bytes = text ? from_0x(*text) : std::nullopt;
        if (!bytes) throw Error("it is no hex text");
        return *std::move(bytes);
    });
}

async::Task<std::vector<std::optional<RpcError>>> RpcClient::send_raw(std::vector<Bytes> transactions,
                                                                      async::Deadline deadline) {
    std::vector<RpcCall> calls;
    for (const auto& raw : transactions) {
        RpcCall send;
        send.method = "eth_sendRawTransaction";
        send.params = "[\"" + to_0x(raw) + "\"]";
        calls.push_back(std::move(send));
    }
    if (!impl_->send_only.empty()) {
        impl_->fan_out_queue.push_back(calls);
        impl_->fan_out.notify();
    }
    const auto answers = co_await impl_->batch(std::move(calls), deadline);
    std::vector<std::optional<RpcError>> errors;
    for (const auto& answer : answers) {
        const auto* error = std::get_if<RpcError>(&answer);
        errors.push_back(error ? std::optional(*error) : std::nullopt);
    }
    co_return errors;
}

/// The answers of send-only endpoints do not count; one that is slow holds up nobody but the others of its kind.
async::Task<void> RpcClient::Impl::serve_fan_out() {
    for (;;) {
        if (fan_out_queue.empty()) {
            co_await fan_out.wait();
            continue;
        }
        const auto calls = std::move(fan_out_queue.front());
        fan_out_queue.erase(fan_out_queue.begin());
        for (const auto& endpoint : send_only) {
            std::string problem;
            try {
                co_await post(endpoint, batch_text(calls, 1), async::Deadline::after(call_limit));
            } catch (const TransportError& error) {
                problem = error.what();
            }
            if (!problem.empty()) log.warn("a send-only endpoint did not take transactions", {{"reason", problem}});
        }
    }
}

}  // namespace baton::eth
