#pragma once

#include "baton/api/api.hpp"
#include "baton/app/chain_choice.hpp"
#include "baton/app/chain_connection.hpp"
#include "baton/app/config.hpp"
#include "baton/app/credentials.hpp"
#include "baton/app/epoch_services.hpp"
#include "baton/app/leader_watch.hpp"
#include "baton/app/metrics_registry.hpp"
#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/worker_pool.hpp"
#include "baton/lease/lease.hpp"
#include "baton/net/http_client.hpp"
#include "baton/net/http_server.hpp"
#include "baton/pg/pool.hpp"

#include <memory>
#include <optional>
#include <string>

namespace baton::app {

/// What the operator gave at the start, by file or on the terminal.
struct Credentials {
    /// Nothing: asked on the terminal once it is known whether the key store is new.
    std::optional<Secret> key_store_password;
    std::optional<ApiCredentials> first_user;
    /// May questions be asked?
    bool terminal = false;
};

/// How long nothing may be heard of a leader before it is no longer called one. It gives a sign of life every
/// few seconds, however short the lease is.
std::chrono::milliseconds leader_silence(const Config& config);
/// See api::ApiSettings.
std::chrono::milliseconds silence_limit(const Config& config);

/// One running node: standby and leader in turn, until it is told to end. Everything on one loop.
class Instance {
  public:
    Instance(async::Loop& loop, Config config, Credentials credentials, MetricsRegistry& metrics, Logger log);
    ~Instance();

    /// Works until a signal or an error that no waiting mends. Gives the exit code; the error is logged and
    /// on stderr.
    async::Task<int> run();

  private:
    friend class InstanceViews;

    /// For each look at the database that is not part of the work of an epoch.
    static constexpr std::chrono::seconds first_contact_timeout{10};
    /// What the first calls after a takeover need at once; to open one then would take longer than the
    /// takeover.
    static constexpr int sessions_of_a_standby = 4;

    // instance_start.cpp: before any lock
    async::Task<void> first_contact();
    async::Task<void> look_at_database();
    async::Task<void> back_up_before_upgrade();
    async::Task<void> unlock_keys();
    async::Task<void> settle_first_user();
    async::Task<void> connect_chain();
    void use_chain(ChainChoice choice);
    void follow_chain();

    // instance_http.cpp, instance_warm.cpp, instance.cpp: standing by and leading
    async::Task<void> serve_http(net::HttpServer* server);
    async::Task<void> add_holder_name(std::string& problem);
    std::string metrics_page();
    async::Task<void> report_uptime();
    async::Task<void> report_transactions();
    async::Task<void> keep_warm();
    async::Task<void> warm_sessions();
    async::Task<void> refresh();
    async::Task<void> refresh_chain();
    async::Task<void> refresh_keys_and_jobs();
    async::Task<void> refresh_sending_keys();
    async::Task<void> refresh_cookie_key();
    async::Task<void> refresh_database_addresses();
    async::Task<void> lead_until_told();
    lease::LeaseSettings lease_settings() const;
    lease::Leadership::Hooks hooks();
    async::Task<void> prepare(pg::Connection& connection);
    async::Task<void> lead(lease::Grant grant);
    async::Task<void> unlead(bool orderly);
    void show_state(model::LeadershipState state);
    void show_takeover(const model::LeadershipChange& change);

    // End.
    void on_signal(int number);
    async::Task<void> release();
    async::Task<void> watch_grace_period();
    /// The node cannot go on: what happened, for the operator. The first one counts.
    void fail(std::string reason);
    void service_ended(const std::string& name, std::exception_ptr error);

    EpochDependencies epoch_dependencies();
    std::vector<std::unique_ptr<net::HttpServer>> make_servers();

    Config config_;
    Credentials credentials_;
    MetricsRegistry& metrics_;
    Logger log_;
    async::Executor executor_;
    Uuid client_id_;
    BootClock::time_point started_at_;

    async::WorkerPool workers_;
    net::HttpClient http_;
    /// To the leader: a neighbour, whatever proxy stands before the outside.
    net::HttpClient to_leader_;
    /// What the lock sessions and the pool agree on.
    std::shared_ptr<pg::ServerHistory> history_;
    pg::Pool pool_;
    LeaderWatch leader_watch_;
    keys::KeyStore keys_;
    jobs::JobCatalog catalog_;
    DatabaseBackup backup_;
    /// The older version that used the database last.
    std::optional<std::string> upgrade_from_;
    bool upgrade_backed_up_ = false;
    PipelineEnvironment pipeline_;
    std::unique_ptr<ChainConnection> chain_;
    std::vector<eth::Endpoint> chain_endpoints_;
    std::unique_ptr<async::TaskGroup> chain_tasks_;
    /// Replaced because the database named other endpoints; told to end, awaited at the end of run().
    struct FormerChain {
        std::unique_ptr<ChainConnection> connection;
        std::unique_ptr<async::TaskGroup> tasks;
    };
    std::vector<FormerChain> former_chains_;
    std::unique_ptr<lease::Leadership> leadership_;
    std::shared_ptr<EpochServices> epoch_;
    bool leading_ = false;

    std::unique_ptr<api::LeadershipView> leadership_view_;
    std::unique_ptr<api::JobControl> job_control_;
    std::unique_ptr<api::WebhookRunner> webhook_runner_;
    std::unique_ptr<api::TaskResults> task_results_;
    std::unique_ptr<api::EthKeys> eth_keys_;
    std::unique_ptr<api::Health> health_;
    std::unique_ptr<api::Api> api_;
    std::vector<std::unique_ptr<net::HttpServer>> servers_;

    /// What the last look at the database told.
    /// What a standby answers with was read once: keys, jobs, the key that signs cookies.
    bool warm_ = false;
    /// Sessions were opened that have learnt nothing yet.
    bool rehearsal_due_ = true;
    std::string database_problem_ = "not reached yet";
    std::string sealed_cookie_key_;

    async::Event bind_now_;
    /// The schemas are known, or the role changed: look at the database now.
    async::Event refresh_now_;
    /// When the names of the database's hosts are resolved again.
    BootClock::time_point resolve_hosts_at_{};
    async::Event ended_;
    async::TaskGroup group_;
    std::unique_ptr<async::SignalWatch> signals_;
    bool ending_ = false;
    async::Deadline end_by_;
    std::optional<std::string> failure_;
};

}  // namespace baton::app
