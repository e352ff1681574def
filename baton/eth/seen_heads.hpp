#pragma once

#include "baton/model/head.hpp"

#include <deque>
#include <optional>
#include <unordered_set>

namespace baton::eth {

/// Which heads were told already: a pure structure that forgets the oldest.
class SeenHeads {
  public:
    explicit SeenHeads(std::size_t most) : most_(most) {}

    bool knows(const Hash& hash) const { return hashes_.contains(hash); }
    /// The head that was added last.
    const std::optional<model::Head>& newest() const { return newest_; }
    void add(const model::Head& head) {
        newest_ = head;
        if (!hashes_.insert(head.hash).second) return;
        order_.push_back(head.hash);
        if (order_.size() <= most_) return;
        hashes_.erase(order_.front());
        order_.pop_front();
    }

  private:
    std::size_t most_;
    std::unordered_set<Hash> hashes_;
    std::deque<Hash> order_;
    std::optional<model::Head> newest_;
};

}  // namespace baton::eth
