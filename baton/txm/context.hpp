#pragma once

#include "baton/txm/txm.hpp"

#include <chrono>

namespace baton::txm {

/// Limit of one exchange with an endpoint (reference/evm.md section 3.2).
constexpr std::chrono::seconds rpc_timeout{10};

/// What the parts of the transaction manager share: its dependencies and the wish to wake each other.
struct Context {
    TransactionManager::Dependencies use;
    /// Unstarted rows, or room for them, may exist.
    std::function<void()> wake_broadcaster;

    async::Deadline rpc_deadline() const { return async::Deadline::after(rpc_timeout); }
    async::Deadline query_deadline() const { return use.writer.deadline(); }
    pg::Pool& pool() const { return *use.writer.pool; }
    const BigInt& chain_id() const { return use.chain.chain_id; }
    void count(const std::string& counter, double amount = 1) const {
        use.metrics->add(counter, amount, {{"evmChainID", to_decimal(use.chain.chain_id)}});
    }
};

}  // namespace baton::txm
