#pragma once

#include "baton/app/config.hpp"
#include "baton/async/event.hpp"
#include "baton/eth/head_chain.hpp"
#include "baton/eth/rpc_client.hpp"
#include "baton/store/key_states.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace baton::app {

/// The connection to one chain, warm on a standby too: endpoints, heads, balances of the node's keys. Lives
/// as long as the process. Loop thread only.
class ChainConnection {
  public:
    ChainConnection(async::Executor executor, model::ChainSettings settings,
                    std::vector<eth::Endpoint> endpoints, net::HttpClient& http, Metrics& metrics,
                    Logger log);

    eth::RpcClient& rpc() { return rpc_; }
    const eth::HeadChain& heads() const { return heads_; }
    const model::ChainSettings& settings() const { return settings_; }
    /// From the database at a takeover: its values may have been changed by another instance.
    void set_settings(model::ChainSettings settings) { settings_ = std::move(settings); }

    /// Follows heads until cancelled.
    async::Task<void> run();
    /// Told of every head after heads() has it; one listener at a time, the services of the epoch.
    void listen(std::function<void(const model::Head&)> on_head);
    std::optional<model::Head> latest() const { return heads_.latest(); }
    /// When the last head came.
    std::optional<BootClock::time_point> last_head_at() const { return last_head_at_; }

    struct Balance {
        BigInt wei;
        /// 0 also where the chain has no LINK token, as v1.11.0 shows it.
        BigInt juels = 0;
    };
    /// As asked last; nothing before the first answer.
    std::optional<Balance> balance(const Address& address) const;
    /// Keys whose balances are followed, and contracts whose list of authorised senders is.
    void watch(std::vector<Address> keys, std::vector<Address> operators);
    /// Those of the keys that are enabled on this chain: warnings are about them only.
    void warn_about(std::vector<Address> sending) { sending_ = std::move(sending); }
    /// For the operator: keys without balance, keys that an operator contract does not know, a wrong chain.
    std::vector<std::string> warnings() const;

  private:
    void take(const model::Head& head);
    async::Task<void> follow_balances();
    async::Task<void> read_balance(Address address);
    /// BALANCE_MONITOR_ENABLED: as metric and in the log.
    void show_balance(const Address& address, const Balance& balance);
    async::Task<void> read_authorised(Address contract);
    void warn_about_changes();

    model::ChainSettings settings_;
    const MetricLabels labels_;
    Metrics& metrics_;
    Logger log_;
    eth::RpcClient rpc_;
    eth::HeadChain heads_;
    async::Event look_at_balances_;
    std::function<void(const model::Head&)> on_head_;
    std::optional<BootClock::time_point> last_head_at_;
    std::vector<Address> keys_;
    std::vector<Address> sending_;
    std::vector<Address> operators_;
    std::map<Address, Balance> balances_;
    /// Contract -> its authorised senders; absent: it has no such list, or was not asked yet.
    std::map<Address, std::vector<Address>> authorised_;
    std::vector<std::string> told_;
};

}  // namespace baton::app
