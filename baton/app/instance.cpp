#include "baton/app/instance.hpp"

#include "baton/app/instance_views.hpp"
#include "baton/app/lease_settings.hpp"
#include "baton/app/node.hpp"
#include "baton/app/short_turns.hpp"
#include "baton/async/timer.hpp"
#include "web/embedded/assets.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace baton::app {

namespace {

constexpr unsigned worker_threads = 2;
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

net::HttpClientOptions to_leader_options() {
    net::HttpClientOptions options;
    options.user_agent = "Baton/" + version();
    return options;
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
    settings.forward_writes = config.ha.forward_writes;
    settings.forward_timeout = config.ha.forward_timeout;
    settings.silence_limit = silence_limit(config);
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
      to_leader_(executor_, to_leader_options()),
      history_(std::make_shared<pg::ServerHistory>()),
      pool_(executor_, session_options(config_, client_id_, history_), config_.database.max_open,
            config_.database.max_idle),
      leader_watch_(executor_, pool_, leader_silence(config_), config_.database.query_timeout),
      keys_(workers_, Random::system(),
            config_.insecure_fast_scrypt ? crypto::ScryptCost::insecure_fast : crypto::ScryptCost::standard),
      backup_(config_.backup, config_.database.url, version(), workers_, metrics_, log_),
      pipeline_(config_.pipeline, http_, keys_),
      leadership_view_(InstanceViews::leadership(*this)),
      job_control_(InstanceViews::jobs(*this)),
      webhook_runner_(InstanceViews::webhooks(*this)),
      task_results_(InstanceViews::task_results(*this)),
      eth_keys_(InstanceViews::eth_keys(*this)),
      health_(InstanceViews::health(*this)),
      bind_now_(executor_),
      refresh_now_(executor_),
      ended_(executor_),
      group_(executor_,
             [this](const std::string& name, std::exception_ptr error) { service_ended(name, error); }) {
    history_->on_change = [this] { pool_.drop_all(); };
    api::Services services;
    services.pool = &pool_;
    services.leadership = leadership_view_.get();
    services.jobs = job_control_.get();
    services.webhooks = webhook_runner_.get();
    services.task_results = task_results_.get();
    services.eth_keys = eth_keys_.get();
    services.health = health_.get();
    services.metrics_page = [this] { return metrics_page(); };
    services.forward_client = &to_leader_;
    services.workers = &workers_;
    services.metrics = &metrics_;
    services.log = log_.named("API");
    api_ = std::make_unique<api::Api>(api_settings(config_), std::move(services), page_assets());
    show_state(model::LeadershipState::starting);
}

Instance::~Instance() {
    history_->on_change = {};
}

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
    // What was passed on to the leader, and what was held and can go to the next one now, is still answered.
    auto last_answers = async::Deadline::after(std::chrono::seconds(1));
    if (ending_ && !failure_ && last_answers.at() < end_by_.at()) last_answers = end_by_;
    for (auto& server : servers_)
        co_await server->drain(last_answers);
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
// Leadership
// ---------------------------------------------------------------------------------------------------------------------

lease::LeaseSettings Instance::lease_settings() const {
    return app::lease_settings(config_, client_id_, history_);
}

lease::Leadership::Hooks Instance::hooks() {
    lease::Leadership::Hooks hooks;
    hooks.prepare = [this](pg::Connection& connection) { return prepare(connection); };
    hooks.lead = [this](const lease::Grant& grant) { return lead(grant); };
    hooks.unlead = [this](bool orderly) { return unlead(orderly); };
    hooks.moved = [this](auto, model::LeadershipState to, const std::string&) {
        show_state(to);
        take_short_turns(to == model::LeadershipState::standby || to == model::LeadershipState::taking);
        leader_watch_.set_own_schema(leadership_view_->own_schema());
        leader_watch_.set_leading(to == model::LeadershipState::leading);
        // Not while somebody takes over: what is read then would only be in the way.
        if (to != model::LeadershipState::taking && !ending_) refresh_now_.notify();
    };
    return hooks;
}

/// For monitors: which of a pair leads, and whether the other one is ready to.
void Instance::show_state(model::LeadershipState state) {
    using enum model::LeadershipState;
    for (const auto one : {starting, standby, taking, leading, draining, stopped})
        metrics_.set("leadership_state", one == state ? 1 : 0, {{"state", model::to_string(one)}});
}

/// The gap is an upper bound: the former leader's signs of life, which it counts from, are seconds apart.
void Instance::show_takeover(const model::LeadershipChange& change) {
    metrics_.add("leadership_takeovers_total", 1, {{"reason", change.reason}});
    metrics_.set("leadership_epoch", static_cast<double>(change.epoch), {});
    metrics_.set("leadership_last_takeover_seconds", std::chrono::duration<double>(change.took).count(), {});
    const auto& former = leader_watch_.leader();
    if (!former || former->who.client_id == client_id_) return;
    metrics_.set("leadership_last_gap_seconds",
                 std::chrono::duration<double>(change.at - former->who.alive_at).count(), {});
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
    use.backup = config_.backup.periodic() ? &backup_ : nullptr;
    use.first_user = credentials_.first_user;
    use.workers = &workers_;
    use.clock = &Clock::system();
    use.random = &Random::system();
    use.metrics = &metrics_;
    use.log = log_;
    const auto& server = history_->known();
    if (server && !server->system_identifier.empty() && !server->timeline.empty())
        use.database_history = server->system_identifier + "/" + server->timeline;
    use.may_act = [this] { return leadership_->may_act(); };
    use.send_deadline = [this] { return leadership_->send_deadline(); };
    use.silence_limit = silence_limit(config_);
    use.is_silent = [this] { return leadership_view_->silence() > silence_limit(config_); };
    use.lost = [this](std::string why) { leadership_->lost(std::move(why)); };
    return use;
}

async::Task<void> Instance::lead(lease::Grant grant) {
    store::Writer writer;
    writer.pool = &pool_;
    writer.fence = grant.fence;
    writer.timeout = config_.database.query_timeout;
    bind_now_.notify();
    show_takeover(grant.change);
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
    leading_ = warm_ = true;
    leader_watch_.set_leading(true);
    const auto seconds = std::chrono::duration<double>(BootClock::now() - started_at_).count();
    char text[64];
    std::snprintf(text, sizeof text, "Chainlink booted in %.2fs", seconds);
    log_.info(text, {{"appID", client_id_.to_string()}, {"epoch", std::to_string(grant.fence.epoch)}});
}

async::Task<void> Instance::unlead(bool orderly) {
    leading_ = false;
    leader_watch_.set_leading(false);
    const auto epoch = epoch_;
    if (!epoch) co_return;
    if (orderly) co_await epoch->drain(async::Deadline::after(config_.shutdown_grace));
    co_await epoch->stop();
    epoch_.reset();
    // In order they stay open: the server would end their processes just when the next leader needs the
    // cores. Otherwise the next leader ends them anyway.
    if (!orderly) pool_.drop_all();
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
    end_by_ = async::Deadline::after(config_.shutdown_grace);
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
