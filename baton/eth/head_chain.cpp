#include "baton/eth/head_chain.hpp"

namespace baton::eth {

bool HeadChain::insert(const model::Head& head) {
    if (!by_hash_.emplace(head.hash, head).second) return false;
    const auto tip = latest();
    if (!tip || head.number >= tip->number) tip_ = head.hash;
    relink();
    return true;
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
