#include "vector_environment.hpp"

#include "baton/async/timer.hpp"
#include "baton/codec/json.hpp"
#include "baton/codec/rfc3339.hpp"
#include "vector_checks.hpp"

namespace baton::compat {

using codec::Value;

namespace {

net::ServerOptions loopback() {
    net::ServerOptions options;
    options.address = "127.0.0.1";
    return options;
}

}  // namespace

StubServer::StubServer(async::Executor executor)
    : server_(std::move(executor), loopback(),
              [this](net::Request request) { return answer(std::move(request)); }) {
    server_.listen();
}

std::string StubServer::url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
}

void StubServer::prepare(const VectorCase& vector) {
    requests_.clear();
    response_ = {};
    delay_ = {};
    const Value* http = vector.env("http");
    if (http == nullptr) return;
    response_.status = static_cast<unsigned>(std::stoul(codec::string_or(*http, "status", "200")));
    response_.body = codec::string_or(*http, "body");
    delay_ = parse_go_duration(codec::string_or(*http, "delay", "0"));
    if (const Value* headers = codec::member(*http, "headers")) {
        for (const auto& [name, value] : *headers->map_or_null())
            response_.headers.set(name, plain_text(value));
    }
}

async::Task<net::Response> StubServer::answer(net::Request request) {
    requests_.push_back(std::move(request));
    net::Response response = response_;
    if (delay_.count() > 0) co_await async::sleep_for(delay_);
    co_return response;
}

async::Task<pipeline::ChainAnswer<Bytes>> StubChain::call(model::ContractCall call, async::Deadline) {
    called_ = std::move(call);
    const Value* answer = case_.env("ethCall");
    pipeline::ChainFault fault;
    if (answer == nullptr) co_return fault;
    if (const Value* result = codec::member(*answer, "result"))
        co_return from_0x(plain_text(*result)).value_or(Bytes());
    fault.code = std::stoll(codec::string_or(*answer, "code", "0"));
    fault.message = codec::string_or(*answer, "message");
    if (const Value* data = codec::member(*answer, "data")) fault.data = plain_text(*data);
    fault.text = codec::string_or(*answer, "error", fault.message);
    co_return fault;
}

async::Task<pipeline::ChainAnswer<std::uint64_t>> StubChain::estimate_gas(model::ContractCall call,
                                                                          async::Deadline) {
    estimated_ = std::move(call);
    if (const Value* estimate = case_.env("estimateGas")) co_return std::stoull(plain_text(*estimate));
    co_return pipeline::ChainFault{};
}

async::Task<pipeline::ChainAnswer<model::Head>> StubChain::latest_head(async::Deadline) {
    const Value* written = case_.env("latestHead");
    if (written == nullptr) written = case_.env("rpcHead");
    if (written == nullptr) co_return pipeline::ChainFault{};
    const auto hash = [&](std::string_view name) {
        return parse_hash(codec::string_or(*written, name)).value_or(Hash{});
    };
    model::Head head;
    head.number = std::stoull(codec::string_or(*written, "number", "0"));
    head.hash = hash("hash");
    head.parent_hash = hash("parentHash");
    head.receipts_root = hash("receiptsRoot");
    head.transactions_root = hash("transactionsRoot");
    head.state_root = hash("stateRoot");
    head.timestamp = codec::parse_rfc3339(codec::string_or(*written, "timestamp")).value_or(WallTime{});
    co_return head;
}

pipeline::ChainReader* StubEnvironment::chain_reader(const BigInt&) {
    return &chain_;
}

crypto::VrfProof StubEnvironment::prove(const crypto::VrfKeyId& id, const Hash& seed) const {
    const auto key = vrf_scalar(text("vrfSecretKey", "0"));
    const auto nonce = vrf_scalar(text("vrfNonce", "0"));
    if (!key || crypto::vrf_key_id(key->public_key()) != id) return Environment::prove(id, seed);
    return crypto::prove_vrf(*key, seed, *nonce).value();
}

pipeline::Bridges::Settings StubBridges::settings() const {
    Settings settings;
    if (const Value* ttl = case_.env("bridgeCacheTTL"))
        settings.cache_ttl = parse_go_duration(plain_text(*ttl));
    if (const Value* url = case_.env("bridgeResponseURL")) settings.response_url = plain_text(*url);
    return settings;
}

async::Task<std::optional<std::string>> StubBridges::find_url(std::string name) {
    const Value* bridges = case_.env("bridges");
    const Value* url = bridges == nullptr ? nullptr : codec::member(*bridges, name);
    if (url == nullptr) co_return std::nullopt;
    co_return plain_text(*url);
}

async::Task<std::optional<std::string>> StubBridges::last_answer(std::int32_t, std::string,
                                                                 std::chrono::seconds max_age) {
    const Value* kept = case_.env("cache");
    if (kept == nullptr || parse_go_duration(codec::string_or(*kept, "age")) >= max_age)
        co_return std::nullopt;
    co_return codec::string_or(*kept, "value");
}

async::Task<void> StubBridges::keep_answer(std::int32_t, std::string, std::string answer) {
    kept_.push_back(std::move(answer));
    co_return;
}

std::string StubEnvironment::text(std::string_view name, std::string_view fallback) const {
    const Value* value = case_.env(name);
    return value == nullptr ? std::string(fallback) : plain_text(*value);
}

std::optional<BigInt> StubEnvironment::default_chain() const {
    const Value* id = case_.env("defaultChain");
    if (id == nullptr) return std::nullopt;
    return parse_decimal_integer(plain_text(*id));
}

std::optional<pipeline::Environment::Chain> StubEnvironment::chain(const BigInt& id,
                                                                   const std::string& job_type) const {
    if (default_chain() != id) return std::nullopt;
    Chain chain;
    chain.id = id;
    chain.finality_depth = static_cast<std::uint32_t>(std::stoul(text("finalityDepth", "50")));
    if (const Value* limits = case_.env("gasLimits")) {
        const auto limit = [&](std::string_view name) -> std::optional<std::uint32_t> {
            const std::string value = codec::string_or(*limits, name);
            if (value.empty()) return std::nullopt;
            return static_cast<std::uint32_t>(std::stoul(value));
        };
        chain.gas_limit_default = limit("default").value_or(chain.gas_limit_default);
        chain.gas_limit_for_job_type = limit(job_type);
    }
    return chain;
}

Address StubEnvironment::next_key(const BigInt&, const std::vector<Address>& candidates) {
    candidates_ = candidates;
    if (const Value* error = case_.env("keystoreError")) throw Error(plain_text(*error));
    return parse_address(text("keystoreAddress", "")).value_or(Address{});
}

pipeline::Environment::HttpLimits StubEnvironment::http_limits() const {
    HttpLimits limits;
    limits.max_bytes = std::stoul(text("defaultHTTPLimit", "32768"));
    limits.default_timeout = parse_go_duration(text("defaultHTTPTimeout", "15s"));
    return limits;
}

std::optional<Address> StubEnvironment::forwarder(const BigInt&, const Address&) {
    return parse_address(text("forwarder", ""));
}

std::string StubEnvironment::job_type() const {
    return text("jobType", "");
}

std::optional<std::uint32_t> StubEnvironment::job_gas_limit() const {
    const Value* limit = case_.env("specGasLimit");
    if (limit == nullptr) return std::nullopt;
    return static_cast<std::uint32_t>(std::stoul(plain_text(*limit)));
}

bool StubEnvironment::forwarding_allowed() const {
    return text("forwardingAllowed", "false") == "true";
}

std::optional<crypto::PrivateKey> vrf_scalar(const std::string& decimal) {
    return crypto::PrivateKey::from_scalar(to_big_endian(parse_decimal_integer(decimal).value_or(0)));
}

}  // namespace baton::compat
