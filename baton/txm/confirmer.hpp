#pragma once

#include "baton/model/head.hpp"
#include "baton/txm/sender.hpp"

namespace baton::txm {

/// Follows what was sent: receipts, confirmations, reorganisations, re-sends, and the resumption of runs that
/// wait (reference/evm.md section 6.6). One pass per head; passes never overlap.
class Confirmer {
  public:
    Confirmer(Context& context, Sender& sender) : context_(context), sender_(sender) {}

    /// Everything unconfirmed is sent again, whoever sent it before: at a takeover nobody knows what reached
    /// an endpoint.
    async::Task<void> resend_all();
    /// Attempts that were not acknowledged yet, and those without news for longer than resend_after.
    async::Task<void> resend_stale();
    async::Task<void> pass(model::Head head);

  private:
    async::Task<void> fetch_receipts(std::vector<model::Transaction> unconfirmed, std::uint64_t head);
    async::Task<std::vector<Hash>> mined_candidates(const std::vector<model::Transaction>& unconfirmed);
    async::Task<void> give_up_missing(const std::vector<model::Transaction>& unconfirmed, std::uint64_t head);
    async::Task<void> check_reorganisation(std::uint64_t head);
    async::Task<bool> is_orphaned(store::ConfirmedReceipt receipt);
    async::Task<void> resume_runs(std::uint64_t head);

    Context& context_;
    Sender& sender_;
};

}  // namespace baton::txm
