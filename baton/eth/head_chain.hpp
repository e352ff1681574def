#pragma once

#include "baton/model/head.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace baton::eth {

/// Heads this far below the latest do not come from a reorganisation that a node lives through.
inline constexpr std::uint64_t far_below = 64;

/// The newest heads, linked by parent hash: a pure structure. The canonical chain is the one that ends in the
/// head that was inserted last with the greatest number (a later head of the same height replaces it:
/// reorganisation). A latest head that an endpoint made up does not stay for ever: when three new heads in a
/// row are far below it, the last of them is the latest.
class HeadChain {
  public:
    explicit HeadChain(std::size_t depth) : depth_(depth) {}

    /// False when the head was known already.
    bool insert(const model::Head& head);
    std::optional<model::Head> latest() const;
    /// The canonical head of a height, as far down as links are known.
    std::optional<model::Head> at(std::uint64_t number) const;
    /// Nothing when that height is not known: above the latest head, and below earliest_linked(), as after a
    /// jump of more than 64 blocks, which is not filled. Then the endpoint has to be asked
    /// (RpcClient::head_by_number).
    std::optional<bool> is_canonical(std::uint64_t number, const Hash& hash) const;
    /// The lowest head that is linked to the latest: below it nothing is known.
    std::optional<model::Head> earliest_linked() const;
    std::size_t size() const { return by_hash_.size(); }

  private:
    void relink();
    void follow_below();

    std::size_t depth_;
    std::unordered_map<Hash, model::Head> by_hash_;
    std::map<std::uint64_t, Hash> canonical_;
    std::optional<Hash> tip_;
    /// New heads in a row that are far below the tip.
    std::vector<model::Head> below_;
};

}  // namespace baton::eth
