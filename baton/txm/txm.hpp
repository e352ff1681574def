#pragma once

#include "baton/async/group.hpp"
#include "baton/base/metrics.hpp"
#include "baton/eth/rpc_client.hpp"
#include "baton/keys/key_store.hpp"
#include "baton/model/chain.hpp"
#include "baton/model/head.hpp"
#include "baton/store/runs.hpp"
#include "baton/store/transactions.hpp"

#include <functional>
#include <memory>

namespace baton::txm {

/// Sends and confirms the transactions of one chain for one epoch (docs/architecture.md, COMMIT 3 and 4).
/// Loop thread only.
class TransactionManager {
  public:
    struct Dependencies {
        store::Writer writer;
        eth::RpcClient* rpc = nullptr;
        keys::KeyStore* keys = nullptr;
        model::ChainSettings chain;
        const Clock* clock = nullptr;
        Metrics* metrics = nullptr;
        Logger log;
        /// Which database this epoch works on (system identifier and timeline); empty: not known.
        std::string database_history;
        /// Asked before every send (self-fencing).
        std::function<bool()> may_act;
        /// When a send that begins now has to be over (self-fencing).
        std::function<async::Deadline()> send_deadline;
        /// A suspended run's task got its result: receipt JSON or an error. Returns soon (the run goes on
        /// elsewhere); told again with every head until the run is committed.
        std::function<async::Task<void>(store::Resumable)> resume;
        /// True when a block of this number with this hash is in the canonical chain as far as it is known;
        /// nothing when unknown.
        std::function<std::optional<bool>(std::uint64_t, const Hash&)> is_canonical;
    };
    TransactionManager(async::Executor executor, Dependencies dependencies);
    ~TransactionManager();

    /// Takeover: finds what the database lost when it failed over, syncs nonces with the chain (never
    /// lowering), completes v1.11.0's in_progress rows, re-sends everything unconfirmed, then serves until
    /// cancelled. Throws pg::FenceRefused when this instance no longer leads.
    async::Task<void> run();
    /// New unstarted rows may exist for this key (after a COMMIT 2).
    void wake(const Address& from);
    /// A new head: receipts, confirmations, reorganisations, resumptions, re-sends.
    void on_head(const model::Head& head);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::txm
