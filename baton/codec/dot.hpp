#pragma once

#include "baton/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton::codec {

/// A task-graph text that v1.11.0 refuses. what() is its complete text where reference/pipeline.md section 2
/// gives one; the parser's own part after "could not unmarshal DOT into a pipeline.Graph: " is ours and names
/// line and column.
class DotError : public InvalidInput {
  public:
    using InvalidInput::InvalidInput;
};

/// An edge's other end.
struct DotInput {
    /// Index in DotGraph::nodes.
    std::size_t from = 0;
    /// True for an edge of the text, false for one that a $(variable) implies: it delays, but delivers no
    /// input.
    bool propagate = false;
};

struct DotNode {
    /// Unquoted name. Two nodes may have the same one ("a" and a), and it may contain dots or be empty: such
    /// a task cannot be stored under its name (reference/pipeline.md section 2.5).
    std::string dot_id;
    /// Unquoted, brackets stripped, in order of first mention; of equal keys the last value.
    std::vector<std::pair<std::string, std::string>> attributes;
    /// In task order.
    std::vector<DotInput> inputs;
    /// Indexes in DotGraph::nodes, in task order, both kinds of edges.
    std::vector<std::size_t> outputs;

    /// The value of exactly this key, or nullptr.
    const std::string* attribute(std::string_view key) const;
};

/// Nodes in task order: the index is v1.11.0's task id (reference/pipeline.md section 2.7).
struct DotGraph {
    std::vector<DotNode> nodes;
};

/// Parses the text of `observationSource` by the rules of reference/pipeline.md sections 2.1-2.7: grammar,
/// values, subgraphs, implicit edges, cycles, order, the reserved name `input`. What attributes mean is not
/// looked at. Blocks of braces may nest 1,000 deep, and there may be 100,000 edges. Throws DotError.
DotGraph parse_dot(std::string_view text);

}  // namespace baton::codec
