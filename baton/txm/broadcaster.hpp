#pragma once

#include "baton/txm/lost_commits.hpp"
#include "baton/txm/sender.hpp"

#include <map>

namespace baton::txm {

/// Gives unstarted transactions nonces, signs, commits (COMMIT 3), sends. One pass looks at every key; passes
/// never overlap.
class Broadcaster {
  public:
    Broadcaster(Context& context, Sender& sender, LostCommits& lost_commits)
        : context_(context), sender_(sender), lost_commits_(lost_commits) {}

    /// Raises next_nonce to the chain's pending nonce, never lowers it (reference/evm.md section 6.4).
    async::Task<void> sync_nonces();
    /// Rows that a v1.11.0 left in state in_progress: sent again and completed its way.
    async::Task<void> finish_in_progress();
    /// Starts everything that there is room for. A key that fails is logged and holds up no other; false when
    /// one did, to be tried again soon. One without a key in the ring is said once and left alone.
    async::Task<bool> pass();

  private:
    async::Task<void> start(store::Work work);
    bool can_start(const store::Work& work);
    store::Assignment prepare(const model::Transaction& transaction, std::int64_t nonce) const;

    Context& context_;
    Sender& sender_;
    LostCommits& lost_commits_;
};

}  // namespace baton::txm
