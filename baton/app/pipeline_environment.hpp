#pragma once

#include "baton/app/config.hpp"
#include "baton/net/http_client.hpp"
#include "baton/pipeline/engine.hpp"
#include "baton/store/key_states.hpp"

#include <functional>
#include <map>
#include <vector>

namespace baton::app {

/// What tasks need from outside, over the node's configuration and keys. Loop thread only.
class PipelineEnvironment final : public pipeline::Environment {
  public:
    PipelineEnvironment(PipelineConfig config, net::HttpClient& http) : config_(config), http_(http) {}

    /// Of this epoch.
    void set_chain(std::optional<model::ChainSettings> chain) { chain_ = std::move(chain); }
    /// Only those that can sign get requests. Gives the addresses of the chain's others, without the
    /// disabled.
    std::vector<Address> set_keys(std::vector<store::KeyState> keys,
                                  const std::function<bool(const Address&)>& can_sign);

    std::optional<BigInt> default_chain() const override;
    std::optional<Chain> chain(const BigInt& id, const std::string& job_type) const override;
    Address next_key(const BigInt& chain_id, const std::vector<Address>& candidates) override;
    net::HttpClient& http() override { return http_; }
    HttpLimits http_limits() const override { return {config_.http_limit, config_.http_timeout}; }
    std::chrono::nanoseconds max_run_duration() const override { return config_.max_run_duration; }

  private:
    PipelineConfig config_;
    net::HttpClient& http_;
    std::optional<model::ChainSettings> chain_;
    std::vector<store::KeyState> keys_;
    /// Rising number of the last use; absent: never used in this process.
    std::map<Address, std::uint64_t> last_used_;
    std::uint64_t uses_ = 0;
};

}  // namespace baton::app
