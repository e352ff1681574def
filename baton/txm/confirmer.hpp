#pragma once

#include "baton/model/head.hpp"
#include "baton/store/receipts.hpp"
#include "baton/txm/sender.hpp"

#include <map>
#include <unordered_set>

namespace baton::txm {

/// Follows what was sent: receipts, confirmations, reorganisations, re-sends, and the resumption of runs that
/// wait (reference/evm.md section 6.6). One pass per head; passes never overlap. A step that fails is logged
/// and does not end the pass.
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
    /// The block of a height, as the endpoint says.
    using Asked = std::map<std::uint64_t, std::optional<Hash>>;

    async::Task<void> follow_unconfirmed(std::uint64_t head);
    async::Task<std::unordered_set<Hash>> fetch_receipts(std::vector<model::Transaction> unconfirmed,
                                                         std::uint64_t head);
    async::Task<std::vector<Hash>> mined_candidates(const std::vector<model::Transaction>& unconfirmed);
    async::Task<void> give_up_missing(std::vector<model::Transaction> unconfirmed,
                                      std::unordered_set<Hash> missing, std::uint64_t head);
    async::Task<void> check_reorganisation(std::uint64_t head);
    async::Task<bool> is_orphaned(store::ConfirmedReceipt receipt, Asked* asked);
    async::Task<void> resume_runs(std::uint64_t head);

    Context& context_;
    Sender& sender_;
};

}  // namespace baton::txm
