#include "vector_environment.hpp"

#include "baton/async/timer.hpp"
#include "baton/codec/json.hpp"
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

}  // namespace baton::compat
