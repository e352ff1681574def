#include "baton/eth/head_chain.hpp"

namespace baton::eth {

namespace {
constexpr std::size_t most_below = 3;
}

bool HeadChain::insert(const model::Head& head) {
    if (!by_hash_.emplace(head.hash, head).second) return false;
    const auto tip = latest();
    if (!tip || head.number >= tip->number) tip_ = head.hash;
    if (tip && head.number + far_below <= tip->number) {
        below_.push_back(head);
    } else {
        below_.clear();
    }
    if (below_.size() >= most_below) follow_below();
    relink();
    return true;
}

/// The heads far below go on and the tip does not: it was never part of the chain.
void HeadChain::follow_below() {
    const auto& latest = below_.back();
    std::erase_if(by_hash_, [&](const auto& one) { return one.second.number > latest.number; });
    for (const auto& head : below_)
        by_hash_.emplace(head.hash, head);
    tip_ = latest.hash;
    below_.clear();
}

std::optional<model::Head> HeadChain::latest() const {
    if (!tip_) return std::nullopt;
    return by_hash_.at(*tip_);
}

std::optional<model::Head> HeadChain::at(std::uint64_t number) const {
    const auto found = canonical_.find(number);
    if (found == canonical_.end()) return std::nullopt;
    return by_hash_.at(found->second);
}

std::optional<bool> HeadChain::is_canonical(std::uint64_t number, const Hash& hash) const {
    const auto found = canonical_.find(number);
    if (found == canonical_.end()) return std::nullopt;
    return found->second == hash;
}

std::optional<model::Head> HeadChain::earliest_linked() const {
    if (canonical_.empty()) return std::nullopt;
    return by_hash_.at(canonical_.begin()->second);
}

/// Follows parent links down from the tip, and forgets what is too deep.
void HeadChain::relink() {
    canonical_.clear();
    const auto tip = by_hash_.at(*tip_);
    const model::Head* at = &tip;
    while (at && canonical_.size() < depth_) {
        canonical_[at->number] = at->hash;
        const auto parent = by_hash_.find(at->parent_hash);
        at = parent == by_hash_.end() || parent->second.number + 1 != at->number ? nullptr : &parent->second;
    }
    const auto lowest = tip.number > depth_ ? tip.number - depth_ : 0;
    std::erase_if(by_hash_, [&](const auto& one) { return one.second.number < lowest; });
}

}  // namespace baton::eth
