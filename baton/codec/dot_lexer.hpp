#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace baton::codec {

// Inside of dot.hpp: tokens of the task-graph text (reference/pipeline.md section 2.2).

enum class DotTokenKind {
    end,
    identifier,
    keyword_node,
    keyword_edge,
    keyword_graph,
    keyword_digraph,
    keyword_subgraph,
    keyword_strict,
    brace_open,
    brace_close,
    bracket_open,
    bracket_close,
    semicolon,
    comma,
    colon,
    equals,
    arrow,
};

struct DotToken {
    DotTokenKind kind = DotTokenKind::end;
    /// As it stands in the text.
    std::string_view text;
    std::size_t offset = 0;
};

/// Splits a text that outlives the lexer. Any bytes; those above 0x7F are letters.
class DotLexer {
  public:
    explicit DotLexer(std::string_view text) : text_(text) {}

    /// Throws DotError for characters that begin no token, for strings and comments that do not end, and for
    /// NUL.
    DotToken next();
    /// Throws DotError: `problem` at this place of the user's text (which begins one line below the
    /// wrapper's).
    [[noreturn]] void fail(std::size_t offset, const std::string& problem) const;

  private:
    void skip_blank();
    std::size_t block_comment_end() const;
    std::size_t word_end() const;
    /// Where the numeral at the current place ends; the current place if there is none.
    std::size_t numeral_end() const;
    std::size_t quoted_end() const;
    std::size_t angle_end() const;
    DotToken take(DotTokenKind kind, std::size_t end);

    std::string_view text_;
    std::size_t at_ = 0;
};

/// What an identifier token stands for (section 2.3, rules 1-3): the unescaped text, or the token as it is
/// when it is no valid string literal.
std::string dot_unquote(std::string_view token);
/// Rule 1 only: the form by which nodes are told apart.
std::string dot_identity(std::string_view token);

}  // namespace baton::codec
