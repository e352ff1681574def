#include "baton/app/instance.hpp"

#include "baton/app/chain_reads.hpp"
#include "baton/app/cookie_key.hpp"
#include "baton/app/memory_limit.hpp"
#include "baton/app/node.hpp"
#include "baton/app/reads_if_present.hpp"
#include "baton/async/timer.hpp"
#include "baton/crypto/password.hpp"
#include "baton/store/chains.hpp"
#include "baton/store/own.hpp"

namespace baton::app {

namespace {

constexpr auto database_retry = std::chrono::seconds(1);

/// An error that waiting does not mend, found before any lock was touched.
class CannotStart : public Error {
  public:
    using Error::Error;
};

}  // namespace

async::Task<void> Instance::lead_until_told() {
    co_await first_contact();
    leadership_ = std::make_unique<lease::Leadership>(executor_, pool_, lease_settings(), hooks(),
                                                      Clock::system(), Random::system(), metrics_, log_);
    group_.spawn("warm standby", keep_warm());
    group_.spawn("leader watch", leader_watch_.serve());
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
            co_await back_up_before_upgrade();
            co_await unlock_keys();
            co_await settle_first_user();
            co_await connect_chain();
            co_await pool_.warm(sessions_of_a_standby, async::Deadline::after(first_contact_timeout));
        } catch (const pg::TransactionPooling&) {
            // Does not get better by waiting.
            throw;
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
        upgrade_from_ = co_await store::check_version(pool_, deadline);
    } catch (const InvalidInput& error) {
        refused = error.what();
    }
    if (!refused.empty()) throw CannotStart("fatal error instantiating application: " + refused);
}

/// As v1.11.0: before anything is written by the new version, and nothing is when it fails.
async::Task<void> Instance::back_up_before_upgrade() {
    if (!upgrade_from_ || upgrade_backed_up_ || !config_.backup.before_upgrade()) co_return;
    log_.info("this version is newer than the one that used the database last: backing it up first",
              {{"version", version()}, {"before", *upgrade_from_}});
    std::string failed;
    try {
        co_await backup_.make();
    } catch (const Cancelled&) {
        throw;
    } catch (const Error& error) {
        failed = error.what();
    }
    if (!failed.empty())
        throw CannotStart("no backup could be made before the upgrade from version " + *upgrade_from_ + ": " +
                          failed + "; with DATABASE_BACKUP_ON_VERSION_UPGRADE=false it starts without one");
    upgrade_backed_up_ = true;
}

/// A wrong password is found now, not when the leader is gone.
async::Task<void> Instance::unlock_keys() {
    auto ring = co_await read_ring_if_present(pool_, async::Deadline::after(first_contact_timeout));
    if (!credentials_.key_store_password)
        credentials_.key_store_password = ask_key_store_password(!ring.row_exists);
    const auto tight = config_.insecure_fast_scrypt ? "" : memory_warning(memory_limit());
    if (!tight.empty()) log_.error(tight);
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

async::Task<void> Instance::connect_chain() {
    if (!config_.evm.enabled || !config_.evm.rpc_enabled) co_return;
    auto choice = co_await choose_chain(config_.evm, pool_, async::Deadline::after(first_contact_timeout));
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
    pipeline_.set_reader(std::make_unique<ChainReads>(*chain_));
}

void Instance::follow_chain() {
    if (!chain_ || chain_tasks_) return;
    chain_tasks_ = std::make_unique<async::TaskGroup>(
        executor_, [this](const std::string& name, std::exception_ptr error) { service_ended(name, error); });
    chain_tasks_->spawn("chain", chain_->run());
}

}  // namespace baton::app
