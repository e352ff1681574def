#pragma once

#include "baton/crypto/eip55.hpp"
#include "baton/txm/txm.hpp"

#include <chrono>
#include <set>

namespace baton::txm {

/// Limit of one exchange with an endpoint (reference/evm.md section 3.2).
constexpr std::chrono::seconds rpc_timeout{10};

/// What the parts of the transaction manager share: its dependencies and the wish to wake each other.
class Context {
  public:
    Context(TransactionManager::Dependencies dependencies, std::function<void()> wake)
        : use(std::move(dependencies)), wake_broadcaster(std::move(wake)) {}

    TransactionManager::Dependencies use;
    /// Unstarted rows, or room for them, may exist.
    std::function<void()> wake_broadcaster;

    async::Deadline rpc_deadline() const { return async::Deadline::after(rpc_timeout); }
    /// No send outlasts the proof of leadership that it was begun with.
    async::Deadline send_deadline() const { return rpc_deadline().sooner(use.send_deadline()); }
    async::Deadline query_deadline() const { return use.writer.deadline(); }
    pg::Pool& pool() const { return *use.writer.pool; }
    const BigInt& chain_id() const { return use.chain.chain_id; }
    void count(const std::string& counter, double amount = 1) const {
        use.metrics->add(counter, amount, {{"evmChainID", to_decimal(use.chain.chain_id)}});
    }
    /// The configured price of new attempts.
    BigInt gas_price() const;
    /// False, and said in the log once, when the key ring does not have the key.
    bool can_sign(const Address& from);
    /// Runs one step whose failure is not to end what comes after it: false when it failed, which is logged.
    /// Lets the loss of leadership and cancellation through.
    async::Task<bool> attempt(std::string what, async::Task<void> step) const;

  private:
    std::set<Address> without_key_;
};

}  // namespace baton::txm
