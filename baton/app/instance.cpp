#include "baton/app/instance.hpp"

#include "baton/app/cookie_key.hpp"
#include "baton/app/instance_views.hpp"
#include "baton/app/node.hpp"
#include "baton/async/timer.hpp"
#include "baton/crypto/password.hpp"
#include "baton/store/chains.hpp"
#include "baton/store/jobs.hpp"
#include "baton/store/key_rings.hpp"
#include "baton/store/key_states.hpp"
#include "baton/store/own.hpp"
#include "baton/store/transactions.hpp"
#include "baton/store/users.hpp"
#include "web/embedded/assets.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <set>
#include <tuple>

namespace baton::app {

namespace {

constexpr unsigned worker_threads = 2;
constexpr int warm_sessions = 4;
constexpr auto database_retry = std::chrono::seconds(1);
constexpr auto bind_retry = std::chrono::seconds(1);
constexpr auto refresh_period = std::chrono::seconds(2);
constexpr auto uptime_period = std::chrono::seconds(15);
constexpr auto first_contact_timeout = std::chrono::seconds(10);
/// Beyond the grace period: time for the release itself.
constexpr auto release_allowance = std::chrono::seconds(3);
constexpr int grace_exceeded_exit_code = 255;

net::HttpClientOptions client_options(const Environment& environment) {
    net::HttpClientOptions options;
    options.proxy.http = environment.text("HTTP_PROXY").value_or(environment.text("http_proxy", ""));
    options.proxy.https = environment.text("HTTPS_PROXY").value_or(environment.text("https_proxy", ""));
    options.proxy.no_proxy = environment.text("NO_PROXY").value_or(environment.text("no_proxy", ""));
    return options;
}

pg::SessionOptions session_options(const Config& config, const Uuid& client_id) {
    pg::SessionOptions options;
    options.url = pg::DatabaseUrl::parse(config.database.url);
    options.application_name = "Baton " + version() + " |App|" + client_id.to_string();
    options.settings.push_back({"lock_timeout", std::to_string(config.database.lock_timeout.count())});
    options.settings.push_back({"idle_in_transaction_session_timeout",
                                std::to_string(config.database.idle_in_transaction_timeout.count())});
    return options;
}

/// A leader gives a sign of life every few seconds, however short the lease is.
std::chrono::milliseconds leader_silence(const Config& config) {
    return std::max(config.database.lease_duration, std::chrono::milliseconds(10'000));
}

api::ApiSettings api_settings(const Config& config) {
    api::ApiSettings settings;
    settings.version = version();
    settings.commit = commit();
    settings.dev = config.dev;
    settings.secure_cookies = config.web.secure_cookies;
    settings.allow_origins = config.web.allow_origins;
    settings.session_timeout = config.web.session_timeout;
    settings.session_reaper_expiration = config.web.reaper_expiration;
    settings.authenticated_rate_limit = config.web.authenticated_limit;
    settings.authenticated_rate_period = config.web.authenticated_period;
    settings.unauthenticated_rate_limit = config.web.unauthenticated_limit;
    settings.unauthenticated_rate_period = config.web.unauthenticated_period;
    settings.body_limit = config.pipeline.http_limit;
    settings.tls_redirect = config.web.tls_redirect;
    settings.tls_host = config.web.tls_host;
    settings.leader_silence = leader_silence(config);
    settings.query_timeout = config.database.query_timeout;
    return settings;
}

std::span<const api::UiAsset> page_assets() {
    static const auto assets = [] {
        std::vector<api::UiAsset> all;
        for (const auto& asset : web::assets())
            all.push_back({asset.path, asset.content_type, asset.bytes});
        return all;
    }();
    return assets;
}

/// An error that waiting does not mend, found before any lock was touched.
class CannotStart : public Error {
  public:
    using Error::Error;
};

}  // namespace

Instance::Instance(async::Loop& loop, Config config, Credentials credentials, MetricsRegistry& metrics,
                   Logger log)
    : config_(std::move(config)),
      credentials_(std::move(credentials)),
      metrics_(metrics),
      log_(std::move(log)),
      executor_(loop.executor()),
      client_id_(Uuid::random(Random::system())),
      started_at_(BootClock::now()),
      workers_(worker_threads),
      http_(executor_, client_options(config_.environment)),
      pool_(executor_, session_options(config_, client_id_), config_.database.max_open,
            config_.database.max_idle),
      keys_(workers_, Random::system(),
            config_.insecure_fast_scrypt ? crypto::ScryptCost::insecure_fast : crypto::ScryptCost::standard),
      pipeline_(config_.pipeline, http_),
      leadership_view_(InstanceViews::leadership(*this)),
      job_control_(InstanceViews::jobs(*this)),
      webhook_runner_(InstanceViews::webhooks(*this)),
      eth_keys_(InstanceViews::eth_keys(*this)),
      health_(InstanceViews::health(*this)),
      bind_now_(executor_),
      refresh_now_(executor_),
      ended_(executor_),
      group_(executor_,
             [this](const std::string& name, std::exception_ptr error) { service_ended(name, error); }) {
    api::Services services;
    services.pool = &pool_;
    services.leadership = leadership_view_.get();
    services.jobs = job_control_.get();
    services.webhooks = webhook_runner_.get();
    services.eth_keys = eth_keys_.get();
    services.health = health_.get();
    services.metrics_page = [this] { return metrics_page(); };
    services.workers = &workers_;
    services.metrics = &metrics_;
    services.log = log_.named("API");
    api_ = std::make_unique<api::Api>(api_settings(config_), std::move(services), page_assets());
    show_state(model::LeadershipState::starting);
}

Instance::~Instance() = default;

async::Task<int> Instance::run() {
    signals_ = std::make_unique<async::SignalWatch>(executor_, [this](int number) { on_signal(number); });
    servers_ = make_servers();
    for (auto& server : servers_)
        group_.spawn("http", serve_http(server.get()));
    group_.spawn("uptime", report_uptime());
    group_.spawn("start", lead_until_told());
    while (!ending_ || leadership_) {
        co_await ended_.wait();
        if (failure_ || (ending_ && !leadership_)) break;
    }
    for (auto& server : servers_)
        co_await server->drain(async::Deadline::after(std::chrono::seconds(1)));
    for (auto& server : servers_)
        co_await server->close_all();
    co_await group_.stop();
    if (chain_tasks_) co_await chain_tasks_->stop();
    for (auto& former : former_chains_)
        co_await former.tasks->stop();
    if (!failure_) {
        log_.info("Exited all services");
        co_return 0;
    }
    co_return 1;
}

void Instance::fail(std::string reason) {
    if (!failure_) {
        failure_ = std::move(reason);
        log_.critical(*failure_);
        // Bare too, as v1.11.0 does: the log may be set to show less.
        std::cerr << *failure_ << std::endl;
    }
    ended_.notify();
}

void Instance::service_ended(const std::string& name, std::exception_ptr error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& reason) {
        fail(name == "start" ? reason.what() : name + " ended: " + reason.what());
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Start
// ---------------------------------------------------------------------------------------------------------------------

async::Task<void> Instance::lead_until_told() {
    co_await first_contact();
    leadership_ = std::make_unique<lease::Leadership>(executor_, lease_settings(), hooks(), Clock::system(),
                                                      Random::system(), metrics_, log_);
    group_.spawn("warm standby", keep_warm());
    follow_chain();
    co_await leadership_->run();
}

/// Everything that can be found out before the lock is waited for: reachable, ours to use, password, first
/// user, chain. An outage at any point of it is waited out.
async::Task<void> Instance::first_contact() {
    // A file that cannot be read is found now, not in a takeover.
    static_cast<void>(read_cookie_secret(config_.root));
    for (bool told = false;;) {
        std::string problem;
        try {
            co_await look_at_database();
            co_await unlock_keys();
            co_await settle_first_user();
            co_await connect_chain();
            co_await pool_.warm(warm_sessions, async::Deadline::after(first_contact_timeout));
        } catch (const pg::DatabaseError& error) {
            problem = error.what();
        } catch (const TimedOut& error) {
            problem = error.what();
        }
        if (problem.empty()) break;
        database_problem_ = problem;
        if (!told)
            log_.error("The database cannot be used yet; trying again every second", {{"reason", problem}});
        told = true;
        co_await async::sleep_for(database_retry);
    }
    database_problem_.clear();
}

async::Task<void> Instance::look_at_database() {
    const auto deadline = async::Deadline::after(first_contact_timeout);
    auto session = co_await pool_.acquire(deadline);
    const auto schema = co_await pg::look_at_product_schema(*session, deadline);
    if (schema.kind == pg::ProductSchema::incomplete) throw CannotStart(schema.refusal());
    if (schema.kind == pg::ProductSchema::absent && !config_.database.migrate)
        throw CannotStart(
            "the database is empty and MIGRATE_DATABASE is false: nothing may create the schema");
    std::string refused;
    try {
        co_await store::check_version(pool_, deadline);
    } catch (const InvalidInput& error) {
        refused = error.what();
    }
    if (!refused.empty()) throw CannotStart("fatal error instantiating application: " + refused);
}

namespace {

/// Before the first migration there is no ring.
async::Task<store::StoredKeyRing> read_ring_if_present(pg::Pool& pool, async::Deadline deadline) {
    store::StoredKeyRing ring;
    try {
        ring = co_await store::read_key_ring(pool, deadline);
    } catch (const pg::StatementFailed& error) {
        if (error.sqlstate() != "42P01") throw;
    }
    co_return ring;
}

async::Task<std::int64_t> count_users_if_present(pg::Pool& pool, async::Deadline deadline) {
    std::int64_t count = 0;
    try {
        count = co_await store::count_users(pool, deadline);
    } catch (const pg::StatementFailed& error) {
        if (error.sqlstate() != "42P01") throw;
    }
    co_return count;
}

}  // namespace

/// A wrong password is found now, not when the leader is gone.
async::Task<void> Instance::unlock_keys() {
    auto ring = co_await read_ring_if_present(pool_, async::Deadline::after(first_contact_timeout));
    if (!credentials_.key_store_password)
        credentials_.key_store_password = ask_key_store_password(!ring.row_exists);
    std::string refused;
    try {
        co_await keys_.unlock(std::move(ring), *credentials_.key_store_password);
    } catch (const InvalidInput& error) {
        refused = error.what();
    }
    if (!refused.empty()) throw CannotStart("error authenticating keystore: " + refused);
}

async::Task<void> Instance::settle_first_user() {
    const auto users = co_await count_users_if_present(pool_, async::Deadline::after(first_contact_timeout));
    if (users > 0) {
        credentials_.first_user.reset();
        co_return;
    }
    if (!credentials_.first_user) {
        if (!credentials_.terminal) throw CannotStart("API credentials must be supplied");
        credentials_.first_user = ask_api_credentials();
    }
    const auto faults = api_credential_faults(*credentials_.first_user);
    if (faults) throw CannotStart("error creating API user: " + *faults);
}

/// Nothing when none is configured. What the operator did not give comes from the database.
async::Task<std::optional<Instance::ChainChoice>> Instance::choose_chain() {
    auto chain_id = config_.evm.chain_id;
    ChainChoice choice;
    choice.database_config = "{}";
    for (const auto& node : config_.evm.nodes)
        choice.endpoints.push_back({node.name, node.ws_url, node.http_url, node.send_only});
    try {
        const auto deadline = async::Deadline::after(first_contact_timeout);
        const auto chains = co_await store::load_chains(pool_, deadline);
        for (const auto& row : chains) {
            if (!chain_id && row.enabled) chain_id = row.id;
            if (chain_id && row.id == *chain_id) choice.database_config = row.cfg;
        }
        if (choice.endpoints.empty() && chain_id) {
            const auto nodes = co_await store::load_nodes(pool_, deadline);
            for (const auto& node : nodes) {
                if (node.chain_id == *chain_id)
                    choice.endpoints.push_back({node.name, node.ws_url, node.http_url, node.send_only});
            }
        }
    } catch (const pg::StatementFailed& error) {
        if (error.sqlstate() != "42P01") throw;
    }
    if (!chain_id || choice.endpoints.empty()) co_return std::nullopt;
    choice.id = *chain_id;
    co_return choice;
}

async::Task<void> Instance::connect_chain() {
    if (!config_.evm.enabled || !config_.evm.rpc_enabled) co_return;
    auto choice = co_await choose_chain();
    if (!choice) {
        log_.warn("no EVM chain is configured: set ETH_CHAIN_ID and ETH_URL for jobs that use one");
        co_return;
    }
    const auto gas_warning = gas_mode_warning(choice->id, choice->database_config, config_.environment);
    if (!gas_warning.empty()) log_.warn(gas_warning);
    use_chain(*std::move(choice));
}

/// REQUIRES: no epoch, because its services hold on to the chain.
void Instance::use_chain(ChainChoice choice) {
    auto settings = chain_settings(choice.id, choice.database_config, config_.environment);
    if (chain_tasks_) {
        chain_tasks_->cancel();
        former_chains_.push_back({std::move(chain_), std::move(chain_tasks_)});
    }
    chain_endpoints_ = choice.endpoints;
    chain_ = std::make_unique<ChainConnection>(executor_, std::move(settings), std::move(choice.endpoints),
                                               http_, metrics_, log_.named("EVM"));
    pipeline_.set_chain(chain_->settings());
}

void Instance::follow_chain() {
    if (!chain_ || chain_tasks_) return;
    chain_tasks_ = std::make_unique<async::TaskGroup>(
        executor_, [this](const std::string& name, std::exception_ptr error) { service_ended(name, error); });
    chain_tasks_->spawn("chain", chain_->run());
}

// ---------------------------------------------------------------------------------------------------------------------
// HTTP
// ---------------------------------------------------------------------------------------------------------------------

std::vector<std::unique_ptr<net::HttpServer>> Instance::make_servers() {
    std::vector<std::unique_ptr<net::HttpServer>> servers;
    const auto add = [&](std::uint16_t port, std::optional<net::TlsFiles> tls) {
        net::ServerOptions options;
        options.port = port;
        options.tls = std::move(tls);
        options.write_timeout = config_.web.write_timeout;
        options.body_limit = [this](const net::Request&) { return api_->body_limit(); };
        options.on_fault = [this](net::RequestFault fault, const net::Request& head) {
            return api_->fault(fault, head);
        };
        options.log = log_.named("HTTP");
        servers.push_back(std::make_unique<net::HttpServer>(
            executor_, std::move(options),
            [this](net::Request request) { return api_->handle(std::move(request)); }));
    };
    if (config_.web.http_port != 0) add(config_.web.http_port, std::nullopt);
    if (config_.web.tls_port == 0) return servers;
    const bool has_certificate =
        std::filesystem::exists(config_.web.tls_cert) && std::filesystem::exists(config_.web.tls_key);
    // Without plain HTTP there is nothing else to listen on: what is missing is said and waited for.
    if (has_certificate || config_.web.http_port == 0) {
        add(config_.web.tls_port, net::TlsFiles{config_.web.tls_cert.string(), config_.web.tls_key.string()});
    } else {
        log_.warn("HTTPS is off: there is no certificate", {{"port", std::to_string(config_.web.tls_port)},
                                                            {"certificate", config_.web.tls_cert.string()}});
    }
    return servers;
}

/// A taken port is no reason to die: pairs on one host that share a port bind when they lead.
async::Task<void> Instance::serve_http(net::HttpServer* server) {
    for (std::string told;;) {
        std::string problem;
        try {
            server->listen();
        } catch (const net::ListenFailed& error) {
            problem = error.what();
        } catch (const InvalidInput& error) {
            problem = error.what();
        }
        if (problem.empty()) break;
        co_await add_holder_name(problem);
        if (problem != told)
            log_.critical("Error starting server: " + problem + "; trying again until it succeeds");
        told = problem;
        co_await bind_now_.wait(async::Deadline::after(bind_retry));
    }
    log_.info("Listening and serving HTTP on port " + std::to_string(server->port()));
}

/// The peer of a pair on one host is called by the name that the operator gave it.
async::Task<void> Instance::add_holder_name(std::string& problem) {
    const auto own_schema = leadership_view_->own_schema();
    if (own_schema.empty()) co_return;
    std::vector<model::Instance> instances;
    try {
        instances =
            co_await store::live_instances(pool_, own_schema, async::Deadline::after(first_contact_timeout));
    } catch (const Cancelled&) {
        throw;
    } catch (const Error&) {
        co_return;  // the port's number and process are in the text already
    }
    for (const auto& instance : instances) {
        if (instance.client_id != client_id_ && instance.address == config_.ha.advertise_url)
            problem += "; the instance " + instance.name + " has this address";
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Metrics
// ---------------------------------------------------------------------------------------------------------------------

/// As things are when somebody looks, not as they were up to 15 s ago.
std::string Instance::metrics_page() {
    for (const auto& check : health_->health())
        metrics_.set("health", check.passing ? 1 : 0, {{"service_id", check.name}});
    return metrics_.page();
}

async::Task<void> Instance::report_uptime() {
    for (;;) {
        metrics_.add("uptime_seconds", static_cast<double>(uptime_period.count()), {});
        co_await report_transactions();
        co_await async::sleep_for(uptime_period);
    }
}

async::Task<void> Instance::report_transactions() {
    if (!chain_) co_return;
    const auto chain_id = chain_->settings().chain_id;
    try {
        const auto counts = co_await store::count_transactions(
            pool_, chain_id, async::Deadline::after(config_.database.query_timeout));
        metrics_.set("unconfirmed_transactions", static_cast<double>(counts.unconfirmed),
                     {{"evmChainID", to_decimal(chain_id)}});
    } catch (const pg::DatabaseError&) {
        co_return;  // keep_warm() says so
    } catch (const TimedOut&) {
        co_return;
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Warm standby
// ---------------------------------------------------------------------------------------------------------------------

async::Task<void> Instance::keep_warm() {
    for (;;) {
        std::string problem;
        try {
            co_await refresh();
        } catch (const pg::DatabaseError& error) {
            problem = error.what();
        } catch (const TimedOut& error) {
            problem = error.what();
        } catch (const InvalidInput& error) {
            problem = error.what();
        }
        if (problem != database_problem_ && !problem.empty())
            log_.warn("looking at the database failed", {{"reason", problem}});
        database_problem_ = problem;
        const auto stats = pool_.stats();
        metrics_.set("db_conns_max", stats.most, {});
        metrics_.set("db_conns_open", stats.open, {});
        metrics_.set("db_conns_used", stats.used, {});
        metrics_.set("db_wait_count", static_cast<double>(stats.waits), {});
        metrics_.set("db_wait_time_seconds", std::chrono::duration<double>(stats.waited).count(), {});
        const auto next = async::Deadline::after(refresh_period);
        co_await refresh_now_.wait(next);
    }
}

async::Task<void> Instance::refresh() {
    co_await refresh_leader();
    co_await refresh_sending_keys();
    if (epoch_) co_return;
    co_await refresh_chain();
    co_await refresh_keys_and_jobs();
    co_await refresh_cookie_key();
}

async::Task<void> Instance::refresh_leader() {
    const auto own_schema = leadership_view_->own_schema();
    if (own_schema.empty()) co_return;
    try {
        known_leader_ =
            co_await store::current_leadership(pool_, own_schema, leader_silence(config_),
                                               async::Deadline::after(config_.database.query_timeout));
    } catch (const Error&) {
        // Who led when the database last answered may be gone.
        known_leader_.reset();
        throw;
    }
}

namespace {

bool same(const std::vector<eth::Endpoint>& left, const std::vector<eth::Endpoint>& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto& a, const auto& b) {
        return std::tie(a.name, a.ws_url, a.http_url, a.send_only) ==
               std::tie(b.name, b.ws_url, b.http_url, b.send_only);
    });
}

}  // namespace

/// Endpoints that come from the database may have been changed by whoever leads.
async::Task<void> Instance::refresh_chain() {
    if (!config_.evm.enabled || !config_.evm.rpc_enabled || !config_.evm.nodes.empty()) co_return;
    auto choice = co_await choose_chain();
    if (epoch_ || !choice) co_return;
    if (chain_ && chain_->settings().chain_id == choice->id && same(chain_endpoints_, choice->endpoints))
        co_return;
    log_.info("the database names other endpoints of the chain: connecting to them",
              {{"evmChainID", to_decimal(choice->id)}});
    use_chain(*std::move(choice));
    follow_chain();
}

async::Task<void> Instance::refresh_sending_keys() {
    if (!chain_) co_return;
    std::vector<store::KeyState> states;
    try {
        states =
            co_await store::list_key_states(pool_, async::Deadline::after(config_.database.query_timeout));
    } catch (const pg::StatementFailed& error) {
        if (error.sqlstate() != "42P01") throw;
    }
    std::vector<Address> sending;
    for (const auto& state : states) {
        if (!state.disabled && state.chain_id == chain_->settings().chain_id)
            sending.push_back(state.address);
    }
    chain_->warn_about(std::move(sending));
}

namespace {

/// Contracts whose owner has to authorise the sending addresses.
std::vector<Address> operators_of(const jobs::JobCatalog& catalog) {
    std::set<Address> contracts;
    for (const auto& job : catalog.all()) {
        if (const auto* spec = std::get_if<model::DirectRequestSpec>(&job->job.spec))
            contracts.insert(spec->contract_address);
    }
    return {contracts.begin(), contracts.end()};
}

}  // namespace

async::Task<void> Instance::refresh_keys_and_jobs() {
    const auto deadline = async::Deadline::after(config_.database.query_timeout);
    auto ring = co_await read_ring_if_present(pool_, deadline);
    if (epoch_) co_return;
    // A v1.11.0 encrypts the ring anew at each start; the derivation is done now, not in the takeover.
    co_await keys_.unlock(std::move(ring), *credentials_.key_store_password);
    std::vector<model::Job> all;
    try {
        all = co_await store::load_jobs(pool_, deadline, [](std::int32_t, std::string) {});
    } catch (const pg::StatementFailed& error) {
        if (error.sqlstate() != "42P01") throw;
    }
    // A takeover that began meanwhile has read them itself.
    if (epoch_) co_return;
    catalog_.replace_all(std::move(all), [](std::int32_t, std::string) {});
    if (chain_ && !keys_.locked()) chain_->watch(keys_.eth_addresses(), operators_of(catalog_));
}

async::Task<void> Instance::refresh_cookie_key() {
    const auto own_schema = leadership_view_->own_schema();
    if (own_schema.empty()) co_return;
    const auto sealed = co_await store::read_setting(pool_, own_schema, cookie_key_setting,
                                                     async::Deadline::after(config_.database.query_timeout));
    // A takeover that began meanwhile may have made another one.
    if (epoch_ || !sealed || *sealed == sealed_cookie_key_) co_return;
    auto key = unseal_cookie_key(*sealed, keys_.ring());
    if (!key) co_return;
    sealed_cookie_key_ = *sealed;
    api_->set_cookie_key(*std::move(key));
}

// ---------------------------------------------------------------------------------------------------------------------
// Leadership
// ---------------------------------------------------------------------------------------------------------------------

lease::LeaseSettings Instance::lease_settings() const {
    lease::LeaseSettings settings;
    settings.mode = config_.database.locking_mode;
    settings.lease_duration = config_.database.lease_duration;
    settings.refresh_interval = config_.database.lease_refresh_interval;
    settings.advisory_check_interval = config_.database.advisory_check_interval;
    settings.advisory_lock_id = config_.database.advisory_lock_id;
    settings.suspect_after = config_.ha.suspect_after;
    settings.query_timeout = config_.database.query_timeout;
    settings.session = session_options(config_, client_id_);
    settings.session.settings.clear();
    settings.client_id = client_id_;
    settings.name = config_.ha.name;
    settings.address = config_.ha.advertise_url;
    settings.version = version() + "+" + commit();
    return settings;
}

lease::Leadership::Hooks Instance::hooks() {
    lease::Leadership::Hooks hooks;
    hooks.prepare = [this](pg::Connection& connection) { return prepare(connection); };
    hooks.lead = [this](const lease::Grant& grant) { return lead(grant); };
    hooks.unlead = [this](bool orderly) { return unlead(orderly); };
    hooks.moved = [this](auto, model::LeadershipState to, const std::string&) {
        show_state(to);
        refresh_now_.notify();
    };
    return hooks;
}

/// For monitors: which of a pair leads, and whether the other one is ready to.
void Instance::show_state(model::LeadershipState state) {
    using enum model::LeadershipState;
    for (const auto one : {starting, standby, taking, leading, draining, stopped})
        metrics_.set("leadership_state", one == state ? 1 : 0, {{"state", model::to_string(one)}});
}

async::Task<void> Instance::prepare(pg::Connection& connection) {
    const auto deadline = async::Deadline::after(std::chrono::minutes(1));
    const auto schema = co_await pg::look_at_product_schema(connection, deadline);
    if (schema.kind == pg::ProductSchema::complete) co_return;
    if (schema.kind != pg::ProductSchema::absent) {
        fail(schema.refusal());
        throw Error(schema.refusal());
    }
    log_.info("the database is empty: creating the schema of v1.11.0");
    co_await pg::create_product_schema(connection, deadline);
}

EpochDependencies Instance::epoch_dependencies() {
    EpochDependencies use;
    use.config = &config_;
    use.keys = &keys_;
    use.key_store_password = *credentials_.key_store_password;
    use.catalog = &catalog_;
    use.environment = &pipeline_;
    use.chain = chain_.get();
    use.first_user = credentials_.first_user;
    use.workers = &workers_;
    use.clock = &Clock::system();
    use.random = &Random::system();
    use.metrics = &metrics_;
    use.log = log_;
    use.may_act = [this] { return leadership_->may_act(); };
    use.lost = [this](std::string why) { leadership_->lost(std::move(why)); };
    return use;
}

async::Task<void> Instance::lead(lease::Grant grant) {
    store::Writer writer;
    writer.pool = &pool_;
    writer.fence = grant.fence;
    writer.timeout = config_.database.query_timeout;
    bind_now_.notify();
    std::string refused;
    try {
        co_await refresh_chain();
        epoch_ = std::make_shared<EpochServices>(executor_, std::move(writer), epoch_dependencies());
        co_await epoch_->start();
    } catch (const InvalidInput& error) {
        refused = error.what();
    }
    if (!refused.empty()) {
        fail(refused);
        throw Error(refused);
    }
    if (epoch_->cookie_key()) api_->set_cookie_key(*epoch_->cookie_key());
    leading_ = true;
    const auto seconds = std::chrono::duration<double>(BootClock::now() - started_at_).count();
    char text[64];
    std::snprintf(text, sizeof text, "Chainlink booted in %.2fs", seconds);
    log_.info(text, {{"appID", client_id_.to_string()}, {"epoch", std::to_string(grant.fence.epoch)}});
}

async::Task<void> Instance::unlead(bool orderly) {
    leading_ = false;
    const auto epoch = epoch_;
    if (!epoch) co_return;
    if (orderly) co_await epoch->drain(async::Deadline::after(config_.shutdown_grace));
    co_await epoch->stop();
    epoch_.reset();
}

// ---------------------------------------------------------------------------------------------------------------------
// End
// ---------------------------------------------------------------------------------------------------------------------

void Instance::on_signal(int number) {
    if (ending_) {
        log_.critical("a second signal came: exiting at once");
        std::_Exit(grace_exceeded_exit_code);
    }
    ending_ = true;
    log_.info(std::string("Shutting down due to ") + (number == SIGINT ? "interrupt" : "terminated") +
              " signal received...");
    group_.spawn("release", release());
    group_.spawn("grace period", watch_grace_period());
}

async::Task<void> Instance::release() {
    const auto began = BootClock::now();
    if (leadership_) co_await leadership_->release();
    leadership_.reset();
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(BootClock::now() - began);
    log_.info("Graceful shutdown time: " + to_go_duration(took));
    ended_.notify();
}

async::Task<void> Instance::watch_grace_period() {
    co_await async::sleep_for(config_.shutdown_grace + release_allowance);
    log_.critical("Shutdown grace period of " + to_go_duration(config_.shutdown_grace) +
                  " exceeded, closing DB and exiting...");
    std::_Exit(grace_exceeded_exit_code);
}

}  // namespace baton::app
