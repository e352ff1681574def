#pragma once

#include "baton/app/config.hpp"
#include "baton/keys/key_store.hpp"
#include "baton/net/http_client.hpp"
#include "baton/pipeline/chain_reader.hpp"
#include "baton/pipeline/engine.hpp"
#include "baton/store/key_states.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace baton::app {

/// What tasks need from outside, over the node's configuration and keys. Loop thread only.
class PipelineEnvironment final : public pipeline::Environment {
  public:
    PipelineEnvironment(PipelineConfig config, net::HttpClient& http, const keys::KeyStore& ring)
        : config_(config), http_(http), ring_(ring) {}

    /// Of this epoch.
    void set_chain(std::optional<model::ChainSettings> chain) { chain_ = std::move(chain); }
    /// REQUIRES: no run is under way.
    void set_reader(std::unique_ptr<pipeline::ChainReader> reader) { reader_ = std::move(reader); }
    /// Only those that can sign get requests. Gives the addresses of the chain's others, without the
    /// disabled.
    std::vector<Address> set_keys(std::vector<store::KeyState> keys,
                                  const std::function<bool(const Address&)>& can_sign);

    /// See app::database_addresses.
    void set_database_addresses(std::set<std::string> addresses) {
        database_addresses_ = std::move(addresses);
    }
    /// Of this epoch; nullptr between epochs.
    void set_bridges(pipeline::Bridges* bridges) { bridges_ = bridges; }

    std::optional<BigInt> default_chain() const override;
    std::optional<Chain> chain(const BigInt& id, const std::string& job_type) const override;
    pipeline::ChainReader* chain_reader(const BigInt& chain_id) override;
    crypto::VrfProof prove(const crypto::VrfKeyId& key, const Hash& seed) const override {
        return ring_.prove(key, seed);
    }
    Address next_key(const BigInt& chain_id, const std::vector<Address>& candidates) override;
    net::HttpClient& http() override { return http_; }
    std::set<std::string> database_addresses() const override { return database_addresses_; }
    pipeline::Bridges* bridges() override { return bridges_; }
    HttpLimits http_limits() const override { return {config_.http_limit, config_.http_timeout}; }
    std::chrono::nanoseconds max_run_duration() const override { return config_.max_run_duration; }

  private:
    PipelineConfig config_;
    net::HttpClient& http_;
    const keys::KeyStore& ring_;
    std::set<std::string> database_addresses_;
    pipeline::Bridges* bridges_ = nullptr;
    std::optional<model::ChainSettings> chain_;
    std::unique_ptr<pipeline::ChainReader> reader_;
    std::vector<store::KeyState> keys_;
    /// Rising number of the last use; absent: never used in this process.
    std::map<Address, std::uint64_t> last_used_;
    std::uint64_t uses_ = 0;
};

}  // namespace baton::app
