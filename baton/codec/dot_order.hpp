#pragma once

#include <cstddef>
#include <vector>

namespace baton::codec {

// Inside of dot.hpp: v1.11.0's task order (reference/pipeline.md section 2.7).

struct DotOrder {
    /// Node numbers in task order; incomplete if there are cycles.
    std::vector<std::size_t> nodes;
    /// Strongly connected components of more than one node, each in node order.
    std::vector<std::vector<std::size_t>> cycles;
};

/// Depth-first over descending node numbers, reversed (Tarjan's components). Needs no call stack for long
/// chains. REQUIRES: successors[n] in descending order, no self edges.
DotOrder order_dot_nodes(const std::vector<std::vector<std::size_t>>& successors);

}  // namespace baton::codec
