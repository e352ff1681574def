#include "baton/app/instance.hpp"

#include "baton/app/cookie_key.hpp"
#include "baton/app/database_addresses.hpp"
#include "baton/app/reads_if_present.hpp"
#include "baton/store/chains.hpp"
#include "baton/store/jobs.hpp"
#include "baton/store/key_states.hpp"
#include "baton/store/own.hpp"
#include "baton/store/rehearsal.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace baton::app {

namespace {

constexpr auto refresh_period = std::chrono::seconds(2);
/// What a quiet leader uses at once; more are opened when they are needed, in a few milliseconds each. Those
/// that it leaves behind when it dies are in the next one's way.
constexpr int sessions_of_a_leader = 1;
constexpr auto sessions_unused_for = std::chrono::seconds(5);
constexpr auto between_resolutions = std::chrono::minutes(1);

}  // namespace

std::chrono::milliseconds leader_silence(const Config& config) {
    return std::max(config.database.lease_duration, std::chrono::milliseconds(10'000));
}

std::chrono::milliseconds silence_limit(const Config& config) {
    return 2 * config.ha.suspect_after;
}

async::Task<void> Instance::keep_warm() {
    bool told = true;
    for (;;) {
        std::string problem;
        try {
            co_await refresh();
            // Not at the moment of a handover: the next leader needs the server more.
            if (!told && !epoch_ && !ending_) co_await warm_sessions();
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
        pool_.close_unused(sessions_unused_for, epoch_ ? sessions_of_a_leader : sessions_of_a_standby);
        const auto stats = pool_.stats();
        metrics_.set("db_conns_max", stats.most, {});
        metrics_.set("db_conns_open", stats.open, {});
        metrics_.set("db_conns_used", stats.used, {});
        metrics_.set("db_wait_count", static_cast<double>(stats.waits), {});
        metrics_.set("db_wait_time_seconds", std::chrono::duration<double>(stats.waited).count(), {});
        const auto next = async::Deadline::after(refresh_period);
        told = co_await refresh_now_.wait(next);
    }
}

async::Task<void> Instance::warm_sessions() {
    const auto deadline = async::Deadline::after(first_contact_timeout);
    const int open_before = pool_.stats().open;
    co_await pool_.warm(sessions_of_a_standby, deadline);
    rehearsal_due_ = rehearsal_due_ || pool_.stats().open > open_before;
    const auto& leader = leader_watch_.leader();
    // Where nobody leads there may be no tables.
    if (!rehearsal_due_ || !leader || epoch_) co_return;
    const auto& names = leadership_->schemas();
    store::Rehearsal what;
    what.own_schema = leadership_view_->own_schema();
    if (chain_) what.chain_id = chain_->settings().chain_id;
    what.fence = lease::fence_of(names, leader->who.epoch, leader->token);
    rehearsal_due_ = false;
    std::string problem;
    try {
        co_await store::rehearse(pool_, sessions_of_a_standby, std::move(what), deadline);
    } catch (const pg::StatementFailed& error) {
        // The own schema may be that of an older leader.
        problem = error.what();
    }
    if (!problem.empty()) log_.debug("sessions could not be prepared for a takeover: " + problem);
}

async::Task<void> Instance::refresh() {
    leader_watch_.set_own_schema(leadership_view_->own_schema());
    co_await leader_watch_.look();
    if (const auto& leader = leader_watch_.leader())
        metrics_.set("leadership_epoch", static_cast<double>(leader->who.epoch), {});
    co_await refresh_sending_keys();
    co_await refresh_database_addresses();
    if (epoch_) co_return;
    co_await refresh_chain();
    co_await refresh_keys_and_jobs();
    co_await refresh_cookie_key();
    warm_ = warm_ || !leadership_view_->own_schema().empty();
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
    auto choice = co_await choose_chain(config_.evm, pool_, async::Deadline::after(first_contact_timeout));
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

async::Task<void> Instance::refresh_database_addresses() {
    if (BootClock::now() < resolve_hosts_at_) co_return;
    auto url = pg::DatabaseUrl::parse(config_.database.url);
    auto addresses =
        co_await database_addresses(std::move(url), async::Deadline::after(config_.database.query_timeout));
    resolve_hosts_at_ = BootClock::now() + between_resolutions;
    pipeline_.set_database_addresses(std::move(addresses));
}

}  // namespace baton::app
