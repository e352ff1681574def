#pragma once

#include "baton/async/task.hpp"
#include "baton/net/http_client.hpp"
#include "baton/net/http_server.hpp"
#include "baton/pipeline/bridges.hpp"
#include "baton/pipeline/chain_reader.hpp"
#include "baton/pipeline/engine.hpp"
#include "vector_case.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::compat {

/// The stub server: answers every request as the current case's env says and keeps what it saw.
class StubServer {
  public:
    explicit StubServer(async::Executor executor);
    /// REQUIRES: close() awaited.
    ~StubServer() = default;

    /// "http://127.0.0.1:<port>"
    std::string url() const;
    /// Takes over the answer of the case and forgets earlier requests.
    void prepare(const VectorCase& vector);
    const std::vector<net::Request>& requests() const { return requests_; }
    async::Task<void> close() { return server_.close_all(); }

  private:
    async::Task<net::Response> answer(net::Request request);

    net::HttpServer server_;
    net::Response response_;
    std::chrono::nanoseconds delay_{0};
    std::vector<net::Request> requests_;
};

/// The chain that a case describes; records the calls.
class StubChain : public pipeline::ChainReader {
  public:
    explicit StubChain(const VectorCase& vector) : case_(vector) {}

    async::Task<pipeline::ChainAnswer<Bytes>> call(model::ContractCall call, async::Deadline) override;
    async::Task<pipeline::ChainAnswer<std::uint64_t>> estimate_gas(model::ContractCall call,
                                                                   async::Deadline) override;
    async::Task<pipeline::ChainAnswer<model::Head>> latest_head(async::Deadline) override;

    const std::optional<model::ContractCall>& called() const { return called_; }
    const std::optional<model::ContractCall>& estimated() const { return estimated_; }

  private:
    const VectorCase& case_;
    std::optional<model::ContractCall> called_;
    std::optional<model::ContractCall> estimated_;
};

/// The bridges and the one kept answer that a case describes; records what is kept.
class StubBridges : public pipeline::Bridges {
  public:
    explicit StubBridges(const VectorCase& vector) : case_(vector) {}

    Settings settings() const override;
    async::Task<std::optional<std::string>> find_url(std::string name) override;
    async::Task<std::optional<std::string>> last_answer(std::int32_t pipeline_spec_id, std::string dot_id,
                                                        std::chrono::seconds max_age) override;
    async::Task<void> keep_answer(std::int32_t pipeline_spec_id, std::string dot_id,
                                  std::string answer) override;

    const std::vector<std::string>& kept() const { return kept_; }

  private:
    const VectorCase& case_;
    std::vector<std::string> kept_;
};

/// The environment that a case describes; records what tasks asked of it.
class StubEnvironment : public pipeline::Environment {
  public:
    StubEnvironment(const VectorCase& vector, net::HttpClient& http)
        : case_(vector), http_(http), chain_(vector), bridges_(vector) {}

    std::optional<BigInt> default_chain() const override;
    std::optional<Chain> chain(const BigInt& id, const std::string& job_type) const override;
    pipeline::ChainReader* chain_reader(const BigInt& chain_id) override;
    crypto::VrfProof prove(const crypto::VrfKeyId& key, const Hash& seed) const override;
    Address next_key(const BigInt& chain_id, const std::vector<Address>& candidates) override;
    net::HttpClient& http() override { return http_; }
    HttpLimits http_limits() const override;
    std::chrono::nanoseconds max_run_duration() const override { return {}; }
    std::optional<Address> forwarder(const BigInt& chain_id, const Address& from) override;
    pipeline::Bridges* bridges() override { return &bridges_; }
    const std::vector<std::string>& kept_answers() const { return bridges_.kept(); }

    const StubChain& chain_calls() const { return chain_; }
    std::string job_type() const;
    std::optional<std::uint32_t> job_gas_limit() const;
    bool forwarding_allowed() const;
    /// Of the last next_key(): absent when it was not called, empty for "all keys".
    const std::optional<std::vector<Address>>& candidates() const { return candidates_; }

  private:
    std::string text(std::string_view name, std::string_view fallback) const;

    const VectorCase& case_;
    net::HttpClient& http_;
    StubChain chain_;
    StubBridges bridges_;
    std::optional<std::vector<Address>> candidates_;
};

/// Secret key or nonce as the cases write them.
std::optional<crypto::PrivateKey> vrf_scalar(const std::string& decimal);

}  // namespace baton::compat
