#include "baton/codec/dot.hpp"

#include "baton/codec/dot_lexer.hpp"
#include "baton/codec/dot_order.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace baton::codec {

namespace {

const std::string unmarshal_error = "could not unmarshal DOT into a pipeline.Graph: ";

constexpr int max_block_depth = 1'000;
/// Edges between two blocks multiply, so a short text could ask for any number of them.
constexpr std::size_t max_edges = 100'000;

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/// Section 2.3, rule 4: a value that is one pair of brackets around something loses them.
std::string strip_brackets(std::string value) {
    std::string_view text = value;
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    if (text.size() < 3 || text.front() != '<' || text.back() != '>') return value;
    const std::string_view inner = text.substr(1, text.size() - 2);
    return inner.find_first_of("<>") == std::string_view::npos ? std::string(inner) : value;
}

/// Calls `use` with the first segment of every $(name.name) in the value (section 2.6).
template <typename F>
void for_each_variable(std::string_view value, F&& use) {
    const auto is_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '.';
    };
    for (std::size_t at = value.find("$("); at != std::string_view::npos; at = value.find("$(", at)) {
        at += 2;
        const auto skip = [&value](std::size_t from, auto&& matches) {
            while (from < value.size() && matches(value[from]))
                ++from;
            return from;
        };
        const std::size_t begin = skip(at, is_space);
        const std::size_t end = skip(begin, is_name);
        const std::size_t close = skip(end, is_space);
        if (end == begin || close == value.size() || value[close] != ')') continue;
        const std::string_view path = value.substr(begin, end - begin);
        use(path.substr(0, path.find('.')));
        at = close;
    }
}

/// Nodes and edges as the statements name them. Nodes are numbered by first mention.
class GraphBuilder {
  public:
    std::size_t node_count() const { return nodes_.size(); }

    std::size_t node(std::string_view token) {
        const auto [known, added] = numbers_.try_emplace(dot_identity(token), nodes_.size());
        if (added) nodes_.push_back({dot_unquote(token), {}, {}});
        return known->second;
    }

    void set_attribute(std::size_t node, std::string_view key_token, std::string_view value_token) {
        Node& target = nodes_[node];
        std::string key = dot_unquote(key_token);
        std::string value = strip_brackets(dot_unquote(value_token));
        const auto [known, added] = target.places.try_emplace(key, target.attributes.size());
        if (added) {
            target.attributes.emplace_back(std::move(key), std::move(value));
        } else {
            target.attributes[known->second].second = std::move(value);
        }
    }

    /// `first` of its statement: v1.11.0 words the refusal of a self edge differently then.
    void add_edge(std::size_t from, std::size_t to, bool first) {
        if (!error_.empty()) return;
        if (from == to) {
            error_ = std::string(first ? "panic setting edge: " : "") + "simple: adding self edge";
            return;
        }
        insert_edge(from, to, true);
    }

    /// What is wrong with the graph although its syntax is right; empty if nothing is.
    const std::string& error() const { return error_; }

    DotGraph finish() {
        add_implied_edges();
        std::vector<std::vector<std::size_t>> successors(nodes_.size());
        for (const Edge& edge : edges_)
            successors[edge.from].push_back(edge.to);
        for (auto& list : successors)
            std::ranges::sort(list, std::greater<>());
        const DotOrder order = order_dot_nodes(successors);
        if (!order.cycles.empty()) throw DotError(cycle_text(order.cycles));
        return build(order.nodes);
    }

  private:
    struct Node {
        std::string dot_id;
        std::vector<std::pair<std::string, std::string>> attributes;
        std::unordered_map<std::string, std::size_t> places;
    };
    struct Edge {
        std::size_t from;
        std::size_t to;
        bool propagate;
    };

    void insert_edge(std::size_t from, std::size_t to, bool propagate) {
        const std::uint64_t key = (static_cast<std::uint64_t>(from) << 32) | to;
        if (!known_edges_.insert(key).second) return;
        if (edges_.size() == max_edges) throw DotError(unmarshal_error + "more than 100000 edges");
        edges_.push_back({from, to, propagate});
    }

    void add_implied_edges() {
        std::unordered_map<std::string_view, std::vector<std::size_t>> by_name;
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            by_name[nodes_[i].dot_id].push_back(i);
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            std::unordered_set<std::string_view> seen;
            for (const auto& [key, value] : nodes_[i].attributes) {
                for_each_variable(value, [&](std::string_view name) {
                    const auto named = by_name.find(name);
                    if (named == by_name.end() || !seen.insert(name).second) return;
                    for (const std::size_t from : named->second) {
                        if (from != i) insert_edge(from, i, false);
                    }
                });
            }
        }
    }

    std::string cycle_text(const std::vector<std::vector<std::size_t>>& cycles) const {
        constexpr std::size_t listed = 10;
        const std::string prefix =
            "Unable to topologically sort the graph, cycle detected: topo: no topological ordering: ";
        std::size_t count = 0;
        std::string names;
        for (const auto& cycle : cycles) {
            count += cycle.size();
            if (count > listed) continue;
            names += names.empty() ? "[" : " [";
            for (std::size_t i = 0; i < cycle.size(); ++i)
                names += (i == 0 ? "" : " ") + nodes_[cycle[i]].dot_id;
            names += "]";
        }
        if (count <= listed) return prefix + "cyclic components: [" + names + "]";
        return prefix + std::to_string(count) + " nodes in " + std::to_string(cycles.size()) +
               " cyclic components";
    }

    DotGraph build(const std::vector<std::size_t>& order) {
        std::vector<std::size_t> id(nodes_.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            id[order[i]] = i;
        DotGraph graph;
        for (const std::size_t number : order) {
            Node& node = nodes_[number];
            if (node.dot_id == "input") {
                throw DotError("'input' is a reserved keyword that cannot be used as a task's name");
            }
            graph.nodes.push_back({std::move(node.dot_id), std::move(node.attributes), {}, {}});
        }
        for (const Edge& edge : edges_) {
            graph.nodes[id[edge.to]].inputs.push_back({id[edge.from], edge.propagate});
            graph.nodes[id[edge.from]].outputs.push_back(id[edge.to]);
        }
        for (DotNode& node : graph.nodes) {
            std::ranges::sort(node.inputs, {}, &DotInput::from);
            std::ranges::sort(node.outputs);
        }
        return graph;
    }

    std::vector<Node> nodes_;
    std::unordered_map<std::string, std::size_t> numbers_;
    std::vector<Edge> edges_;
    std::unordered_set<std::uint64_t> known_edges_;
    std::string error_;
};

/// The grammar of sections 2.1 and 2.4 over the wrapped text; statements take effect as they are read.
class Parser {
  public:
    explicit Parser(std::string_view text) : lexer_(text), token_(lexer_.next()) {}

    DotGraph run() {
        GraphBuilder first;
        graph(first);
        std::size_t graphs = 1;
        for (; token_.kind != DotTokenKind::end; ++graphs) {
            GraphBuilder ignored;
            graph(ignored);
        }
        if (!first.error().empty()) throw DotError(unmarshal_error + first.error());
        if (graphs != 1) {
            throw DotError(unmarshal_error + "invalid number of graphs; expected 1, got " +
                           std::to_string(graphs));
        }
        return first.finish();
    }

  private:
    using Kind = DotTokenKind;
    /// Node numbers that an edge's end stands for. What a block mentions first has consecutive numbers.
    struct Ends {
        std::size_t begin;
        std::size_t end;
    };

    bool at(Kind kind) const { return token_.kind == kind; }
    DotToken take() {
        const DotToken token = token_;
        token_ = lexer_.next();
        return token;
    }
    bool skip(Kind kind) {
        if (!at(kind)) return false;
        take();
        return true;
    }
    DotToken expect(Kind kind, std::string_view what) {
        if (!at(kind)) unexpected(what);
        return take();
    }
    [[noreturn]] void unexpected(std::string_view wanted) const {
        const std::string found =
            at(Kind::end) ? "end of text" : "'" + std::string(token_.text.substr(0, 40)) + "'";
        lexer_.fail(token_.offset, "unexpected " + found + ", expected " + std::string(wanted));
    }

    void graph(GraphBuilder& builder) {
        builder_ = &builder;
        skip(Kind::keyword_strict);
        if (!skip(Kind::keyword_digraph)) expect(Kind::keyword_graph, "the end of the text");
        skip(Kind::identifier);
        block();
    }

    void block() {
        const DotToken open = expect(Kind::brace_open, "'{'");
        if (++depth_ > max_block_depth) lexer_.fail(open.offset, "blocks nest too deep");
        while (!at(Kind::brace_close)) {
            statement();
            skip(Kind::semicolon);
        }
        --depth_;
        take();
    }

    void statement() {
        switch (token_.kind) {
            case Kind::keyword_node:
            case Kind::keyword_edge:
            case Kind::keyword_graph:
                take();
                if (!at(Kind::bracket_open)) unexpected("'['");
                return ignored_attributes();
            case Kind::identifier:
                return node_or_edges();
            case Kind::keyword_subgraph:
            case Kind::brace_open:
                return edges(subgraph());
            default:
                unexpected("a task, an edge or '}'");
        }
    }

    void node_or_edges() {
        const DotToken name = take();
        if (skip(Kind::equals)) {
            expect(Kind::identifier, "a value");
            return;
        }
        const std::size_t node = builder_->node(name.text);
        port();
        if (at(Kind::arrow)) return edges({node, node + 1});
        while (at(Kind::bracket_open)) {
            attribute_list([this, node](std::string_view key, std::string_view value) {
                builder_->set_attribute(node, key, value);
            });
        }
    }

    void port() {
        for (int i = 0; i < 2 && skip(Kind::colon); ++i)
            expect(Kind::identifier, "a port");
    }

    Ends subgraph() {
        if (skip(Kind::keyword_subgraph)) skip(Kind::identifier);
        const std::size_t before = builder_->node_count();
        block();
        return {before, builder_->node_count()};
    }

    Ends edge_end() {
        if (at(Kind::keyword_subgraph) || at(Kind::brace_open)) return subgraph();
        const std::size_t node = builder_->node(expect(Kind::identifier, "a task or '{'").text);
        port();
        return {node, node + 1};
    }

    /// The rest of a statement behind the first end; without an arrow there is none.
    void edges(Ends first) {
        if (!at(Kind::arrow)) return;
        std::vector<Ends> chain{first};
        while (skip(Kind::arrow))
            chain.push_back(edge_end());
        ignored_attributes();
        // From the right, because v1.11.0 reports the rightmost self edge.
        for (std::size_t i = chain.size() - 1; i-- > 0;)
            connect(chain[i], chain[i + 1], i == 0);
    }

    void connect(Ends from, Ends to, bool first) {
        if (!builder_->error().empty()) return;
        for (std::size_t f = from.begin; f < from.end; ++f) {
            for (std::size_t t = to.begin; t < to.end; ++t)
                builder_->add_edge(f, t, first);
        }
    }

    void ignored_attributes() {
        while (at(Kind::bracket_open))
            attribute_list([](std::string_view, std::string_view) {});
    }

    template <typename F>
    void attribute_list(F&& use) {
        expect(Kind::bracket_open, "'['");
        while (!at(Kind::bracket_close)) {
            const DotToken key = expect(Kind::identifier, "an attribute or ']'");
            expect(Kind::equals, "'='");
            const DotToken value = expect(Kind::identifier, "a value");
            use(key.text, value.text);
            if (!skip(Kind::semicolon)) skip(Kind::comma);
        }
        take();
    }

    DotLexer lexer_;
    DotToken token_;
    GraphBuilder* builder_ = nullptr;
    int depth_ = 0;
};

}  // namespace

const std::string* DotNode::attribute(std::string_view key) const {
    const auto found = std::ranges::find(attributes, key, &std::pair<std::string, std::string>::first);
    return found == attributes.end() ? nullptr : &found->second;
}

DotGraph parse_dot(std::string_view text) {
    std::string wrapped = "digraph {\n";
    wrapped += text;
    wrapped += "\n}";
    return Parser(wrapped).run();
}

}  // namespace baton::codec
