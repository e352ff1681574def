#include "baton/codec/dot_order.hpp"

#include <algorithm>
#include <limits>

namespace baton::codec {

namespace {

constexpr std::size_t unvisited = std::numeric_limits<std::size_t>::max();

class Tarjan {
  public:
    explicit Tarjan(const std::vector<std::vector<std::size_t>>& successors)
        : successors_(successors),
          index_(successors.size(), unvisited),
          low_(successors.size(), 0),
          on_stack_(successors.size(), false) {}

    DotOrder run() {
        for (std::size_t node = successors_.size(); node-- > 0;) {
            if (index_[node] == unvisited) search(node);
        }
        std::ranges::reverse(order_.nodes);
        std::ranges::reverse(order_.cycles);
        return std::move(order_);
    }

  private:
    struct Visit {
        std::size_t node;
        std::size_t next_successor = 0;
    };

    void enter(std::size_t node) {
        index_[node] = low_[node] = count_++;
        component_.push_back(node);
        on_stack_[node] = true;
        visits_.push_back({node});
    }

    void search(std::size_t root) {
        enter(root);
        while (!visits_.empty()) {
            Visit& visit = visits_.back();
            const std::size_t node = visit.node;
            if (visit.next_successor < successors_[node].size()) {
                const std::size_t successor = successors_[node][visit.next_successor++];
                if (index_[successor] == unvisited) {
                    enter(successor);
                } else if (on_stack_[successor]) {
                    low_[node] = std::min(low_[node], index_[successor]);
                }
                continue;
            }
            visits_.pop_back();
            if (!visits_.empty()) low_[visits_.back().node] = std::min(low_[visits_.back().node], low_[node]);
            if (low_[node] == index_[node]) leave(node);
        }
    }

    /// `root` is the first node of a component whose nodes are all known now.
    void leave(std::size_t root) {
        const auto begin = std::ranges::find(component_.rbegin(), component_.rend(), root).base() - 1;
        for (auto node = begin; node != component_.end(); ++node)
            on_stack_[*node] = false;
        if (component_.end() - begin == 1) {
            order_.nodes.push_back(root);
        } else {
            std::sort(begin, component_.end());
            order_.cycles.emplace_back(begin, component_.end());
        }
        component_.erase(begin, component_.end());
    }

    const std::vector<std::vector<std::size_t>>& successors_;
    std::vector<std::size_t> index_;
    std::vector<std::size_t> low_;
    std::vector<bool> on_stack_;
    std::vector<std::size_t> component_;
    std::vector<Visit> visits_;
    std::size_t count_ = 0;
    DotOrder order_;
};

}  // namespace

DotOrder order_dot_nodes(const std::vector<std::vector<std::size_t>>& successors) {
    return Tarjan(successors).run();
}

}  // namespace baton::codec
