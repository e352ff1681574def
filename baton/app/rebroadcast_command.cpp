#include "baton/app/rebroadcast_command.hpp"

#include "baton/app/chain_choice.hpp"
#include "baton/app/credentials.hpp"
#include "baton/app/lease_settings.hpp"
#include "baton/app/reads_if_present.hpp"
#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/timer.hpp"
#include "baton/keys/key_store.hpp"
#include "baton/lease/maintenance.hpp"
#include "baton/net/http_client.hpp"
#include "baton/txm/rebroadcast.hpp"

#include <iostream>

namespace baton::app {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 1min;
constexpr auto endpoint_patience = 15s;
constexpr auto between_looks = 20ms;

/// Checked before anything is opened. Throws InvalidInput, with v1.11.0's texts where it has them.
txm::RebroadcastRequest read_request(const RebroadcastOptions& options) {
    txm::RebroadcastRequest request;
    const auto address = parse_address(options.address);
    if (!address) throw InvalidInput("could not decode address: " + options.address);
    if (options.gas_price <= 0) throw InvalidInput("--gasPriceWei is the price to send at, in wei");
    if (options.beginning_nonce < 0 || options.gas_limit < 0 ||
        options.ending_nonce < options.beginning_nonce)
        throw InvalidInput("--beginningNonce to --endingNonce is no range of nonces, or --gasLimit negative");
    request.from = *address;
    request.first_nonce = options.beginning_nonce;
    request.last_nonce = options.ending_nonce;
    request.gas_price = options.gas_price;
    if (options.gas_limit > 0) request.gas_limit = static_cast<std::uint64_t>(options.gas_limit);
    return request;
}

std::optional<BigInt> read_chain_id(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto id = parse_decimal_integer(text);
    if (!id) throw InvalidInput("invalid evmChainID");
    return *id;
}

class RebroadcastCommand {
  public:
    RebroadcastCommand(async::Loop& loop, Config config, Uuid client_id)
        : executor_(loop.executor()),
          config_(std::move(config)),
          pool_(executor_, session_options(config_, client_id), 2, 2),
          maintenance_(executor_, command_settings(config_, client_id, "node rebroadcast-transactions")),
          http_(executor_),
          keys_(workers_, Random::system(),
                config_.insecure_fast_scrypt ? crypto::ScryptCost::insecure_fast
                                             : crypto::ScryptCost::standard) {}

    /// True when everything was sent.
    async::Task<bool> run(txm::RebroadcastRequest request, Secret password) {
        co_await look_at_schema();
        auto ring = co_await read_ring_if_present(pool_, async::Deadline::after(patience));
        co_await unlock(std::move(ring), std::move(password));
        const auto choice = co_await choose_chain(config_.evm, pool_, async::Deadline::after(patience));
        if (!choice)
            throw InvalidInput("no endpoint of the chain is configured: set ETH_CHAIN_ID and ETH_URL");
        rpc_ = std::make_unique<eth::RpcClient>(executor_, choice->id, choice->endpoints, http_,
                                                Metrics::none(), Logger());
        std::exception_ptr failure;
        async::TaskGroup group(executor_, [this](const std::string&, std::exception_ptr error) {
            if (!lost_) lost_ = error;
        });
        bool all = false;
        try {
            group.spawn("chain", rpc_->run([](model::Head) {}));
            co_await chain_is_reached();
            // Not earlier: the server ends a session with locks that is quiet for long.
            co_await maintenance_.connect();
            co_await maintenance_.take_locks();
            all = co_await send(&group, std::move(request));
        } catch (...) {
            failure = std::current_exception();
        }
        co_await group.stop();
        co_await maintenance_.give_back();
        if (failure) std::rethrow_exception(failure);
        co_return all;
    }

  private:
    async::Task<void> look_at_schema() {
        const auto session = co_await pool_.acquire(async::Deadline::after(patience));
        const auto schema = co_await pg::look_at_product_schema(*session, async::Deadline::after(patience));
        if (schema.kind == pg::ProductSchema::incomplete) throw Error(schema.refusal());
        if (schema.kind == pg::ProductSchema::absent)
            throw InvalidInput("the database is empty: it has no transactions");
    }

    async::Task<void> unlock(store::StoredKeyRing ring, Secret password) {
        std::string refused;
        try {
            co_await keys_.unlock(std::move(ring), std::move(password));
        } catch (const InvalidInput& error) {
            refused = error.what();
        }
        if (!refused.empty()) throw InvalidInput("error authenticating keystore: " + refused);
    }

    async::Task<void> chain_is_reached() {
        const auto limit = async::Deadline::after(endpoint_patience);
        while (!rpc_->healthy()) {
            if (const auto wrong = rpc_->wrong_chain()) throw InvalidInput(*wrong);
            if (limit.passed())
                throw Error("no endpoint of chain " + to_decimal(rpc_->chain_id()) + " answers");
            co_await async::sleep_for(between_looks);
        }
    }

    async::Task<void> migrate_own_schema() {
        const auto held = co_await maintenance_.session();
        co_await pg::migrate_own_schema(*held, maintenance_.names(), async::Deadline::after(patience));
    }

    async::Task<bool> send(async::TaskGroup* group, txm::RebroadcastRequest request) {
        co_await migrate_own_schema();
        txm::RebroadcastDependencies use;
        use.writer.pool = &pool_;
        use.writer.timeout = config_.database.query_timeout;
        use.writer.fence = co_await maintenance_.raise_epoch("rebroadcast-transactions", Logger());
        use.rpc = rpc_.get();
        use.keys = &keys_;
        use.chain_id = rpc_->chain_id();
        use.send_deadline = [this] { return maintenance_.send_deadline(); };
        group->spawn("heartbeat", maintenance_.keep());
        std::cerr << "Rebroadcasting transactions from " << request.first_nonce << " to "
                  << request.last_nonce << '\n';
        bool all = true;
        const auto tell = [this, &all](const txm::Rebroadcast& one) {
            std::cerr << "nonce " << one.nonce << ": " << one.text << '\n';
            all = all && one.done;
            if (lost_) std::rethrow_exception(lost_);
        };
        co_await txm::rebroadcast(std::move(use), std::move(request), tell);
        co_return all;
    }

    async::Executor executor_;
    Config config_;
    async::WorkerPool workers_{1};
    pg::Pool pool_;
    lease::Maintenance maintenance_;
    net::HttpClient http_;
    keys::KeyStore keys_;
    std::unique_ptr<eth::RpcClient> rpc_;
    /// What the heartbeat or the connection to the chain ended with.
    std::exception_ptr lost_;
};

}  // namespace

int run_rebroadcast_command(const RebroadcastOptions& options) {
    try {
        auto request = read_request(options);
        const auto chain_id = read_chain_id(options.chain_id);
        auto config = load_config(Environment::process());
        if (config.database.url.empty())
            throw InvalidInput(
                "You must set DATABASE_URL env variable: this command works on a database that a "
                "stopped node has used");
        if (chain_id && config.evm.chain_id != chain_id) {
            // The endpoints of the environment belong to its own chain.
            config.evm.nodes.clear();
            config.evm.chain_id = chain_id;
        }
        auto password = read_password_file(options.password_file);
        async::Loop loop;
        RebroadcastCommand command(loop, std::move(config), Uuid::random(Random::system()));
        const bool all = loop.run_until_done(command.run(std::move(request), std::move(password)));
        return all ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
}

}  // namespace baton::app
