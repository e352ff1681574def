#pragma once

#include "baton/keys/key_ring_file.hpp"
#include "baton/txm/txm.hpp"
#include "testing/chain_world.hpp"

#include <memory>
#include <string>
#include <vector>

namespace baton::txm {

/// For tests: a transaction manager on a fake chain, with a key that has used `first_nonce` nonces there.
class TxmTest : public test::ChainWorld {
  protected:
    void SetUp() override {
        ChainWorld::SetUp();
        if (IsSkipped()) return;
        keys::KeyRing ring;
        ring.add(keys::KeyClass::eth, Secret(std::string(32, '\x46')));
        const store::StoredKeyRing stored{
            true, keys::encrypt_key_ring(ring, Secret("sixteen-characters"),
                                         crypto::ScryptCost::insecure_fast, Random::system())};
        run(keys_.unlock(stored, Secret("sixteen-characters")));
        key_ = keys_.eth_addresses().front();
        add_key(key_, first_nonce);
        chain().use_nonces(key_, first_nonce);
        settings_.chain_id = chain_id();
        settings_.finality_depth = 10;
        settings_.min_incoming_confirmations = 1;
    }
    void TearDown() override {
        stop();
        ChainWorld::TearDown();
    }

    const Address& key() const { return key_; }
    keys::KeyStore& keys() { return keys_; }
    model::ChainSettings& settings() { return settings_; }

    /// A new epoch's manager; its takeover is over when this returns.
    void start() {
        TransactionManager::Dependencies use;
        use.writer = writer();
        use.rpc = &rpc();
        use.keys = &keys_;
        use.chain = settings_;
        use.clock = &Clock::system();
        use.metrics = &Metrics::none();
        use.log = log();
        use.database_history = database_history_;
        use.may_act = [this] { return may_act_; };
        use.send_deadline = [this] { return async::Deadline::after(send_limit_); };
        use.resume = [this](store::Resumable one) { return remember(std::move(one)); };
        use.is_canonical = [this](std::uint64_t number, const Hash& hash) -> std::optional<bool> {
            if (!know_heads_) return std::nullopt;
            return heads().is_canonical(number, hash);
        };
        manager_ = std::make_unique<TransactionManager>(loop().executor(), std::move(use));
        running_ = std::make_unique<async::TaskGroup>(
            loop().executor(), [this](const std::string&, std::exception_ptr error) { failure_ = error; });
        running_->spawn("txm", manager_->run());
        on_head = [this](const model::Head& head) { manager_->on_head(head); };
        if (const auto head = heads().latest()) manager_->on_head(*head);
    }
    /// As when an epoch ends.
    void stop() {
        if (running_) run(running_->stop());
        on_head = {};
        running_.reset();
        manager_.reset();
    }
    void wake() { manager_->wake(key_); }
    std::exception_ptr failure() const { return failure_; }
    /// Of the database that the next start() works on.
    void set_database_history(std::string history) { database_history_ = std::move(history); }
    void set_may_act(bool may) { may_act_ = may; }
    void set_send_limit(std::chrono::nanoseconds limit) { send_limit_ = limit; }
    /// False: as after a jump of the head, nobody can say what is canonical without asking.
    void set_know_heads(bool know) { know_heads_ = know; }
    const std::vector<store::Resumable>& resumed() const { return resumed_; }

    /// An unstarted row that calls with this payload.
    std::int64_t queue(std::uint8_t payload) { return queue(payload, key_); }
    std::int64_t queue(std::uint8_t payload, const Address& from) {
        return std::stoll(
            database().value("insert into eth_txes (from_address, to_address, encoded_payload, value, "
                             "gas_limit, meta, transmit_checker, "
                             "pipeline_task_run_id, min_confirmations, evm_chain_id, created_at) values (" +
                             literal(from.view()) + ", " + literal(oracle().view()) + ", " +
                             literal(Bytes{payload}) + ", 0, 500000, '{\"FailOnRevert\": null}', '{}', '" +
                             uuid(payload).to_string() + "', 2, 1337, now()) returning id"));
    }
    /// Started with these bytes by somebody before; they are as if sent when `acknowledged`.
    std::int64_t started(std::uint8_t payload, const Address& from, std::int64_t nonce, const Bytes& raw,
                         const Hash& attempt_hash, bool acknowledged) {
        const auto id = queue(payload, from);
        database().run(
            "update eth_txes set state = 'unconfirmed', broadcast_at = now(), "
            "initial_broadcast_at = now(), nonce = " +
            std::to_string(nonce) + " where id = " + std::to_string(id));
        database().run(
            "insert into eth_tx_attempts (eth_tx_id, gas_price, signed_raw_tx, hash, state, created_at, "
            "chain_specific_gas_limit) values (" +
            std::to_string(id) + ", 5, " + literal(raw) + ", " + literal(attempt_hash.view()) + ", '" +
            (acknowledged ? "broadcast" : "in_progress") + "', now(), 100000)");
        return id;
    }
    std::string state(std::int64_t id) {
        return database().value("select state from eth_txes where id = " + std::to_string(id));
    }
    void until_state(std::int64_t id, const std::string& wanted) {
        until_value("select state from eth_txes where id = " + std::to_string(id), wanted);
    }
    std::string states() {
        return database().value("select string_agg(state::text, ',' order by id) from eth_txes");
    }
    std::string attempts() {
        return database().value(
            "select string_agg(state::text, ',' order by eth_tx_id) from eth_tx_attempts");
    }
    std::int64_t nonce_in_database() {
        return std::stoll(database().value("select next_nonce from evm_key_states where address = " +
                                           literal(key_.view())));
    }
    /// Payloads of the mined transactions, in order.
    std::string mined_payloads() {
        std::string all;
        for (const auto& tx : chain().mined())
            all += to_hex(tx.payload) + ",";
        return all;
    }

  private:
    async::Task<void> remember(store::Resumable one) {
        resumed_.push_back(std::move(one));
        co_return;
    }

    async::WorkerPool workers_{1};
    keys::KeyStore keys_{workers_, Random::system(), crypto::ScryptCost::insecure_fast};
    Address key_;
    model::ChainSettings settings_;
    std::string database_history_;
    bool may_act_ = true;
    std::chrono::nanoseconds send_limit_ = std::chrono::seconds(10);
    bool know_heads_ = true;
    std::vector<store::Resumable> resumed_;
    std::exception_ptr failure_;
    std::unique_ptr<TransactionManager> manager_;
    std::unique_ptr<async::TaskGroup> running_;
};

}  // namespace baton::txm
