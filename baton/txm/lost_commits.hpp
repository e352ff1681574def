#pragma once

#include "baton/store/found_transactions.hpp"
#include "baton/txm/context.hpp"

namespace baton::txm {

/// After PostgreSQL failed over to a server that had not got the last commits: transactions that are on the
/// chain and not in the database are found by their nonces and recorded, so that no request is answered
/// twice.
class LostCommits {
  public:
    explicit LostCommits(Context& context) : context_(context) {}

    /// Part of every takeover. Looks at the chain only when the database has another history than at the
    /// takeover before. Throws when the chain cannot be asked, or still has to mine what was sent.
    async::Task<void> look();
    /// Between reading which unstarted transactions are next and giving them nonces: those that are on the
    /// chain already are not sent again. True when there was one, so that what was read is out of date.
    async::Task<bool> join();

  private:
    async::Task<std::map<Address, std::uint64_t>> unknown_nonces();
    async::Task<std::vector<store::FoundTransaction>> search(std::map<Address, std::uint64_t> first_unknown);
    async::Task<void> wait_for_pending();

    Context& context_;
    /// Found ones may be without a run.
    bool found_any_ = false;
    int waited_ = 0;
};

}  // namespace baton::txm
