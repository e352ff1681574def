#include "baton/codec/dot_lexer.hpp"

#include "baton/codec/dot.hpp"
#include "baton/codec/utf8.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace baton::codec {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

struct Keyword {
    std::string_view text;
    DotTokenKind kind;
};
constexpr std::array keywords = {
    Keyword{"node", DotTokenKind::keyword_node},         Keyword{"Node", DotTokenKind::keyword_node},
    Keyword{"NODE", DotTokenKind::keyword_node},         Keyword{"edge", DotTokenKind::keyword_edge},
    Keyword{"Edge", DotTokenKind::keyword_edge},         Keyword{"EDGE", DotTokenKind::keyword_edge},
    Keyword{"graph", DotTokenKind::keyword_graph},       Keyword{"Graph", DotTokenKind::keyword_graph},
    Keyword{"GRAPH", DotTokenKind::keyword_graph},       Keyword{"digraph", DotTokenKind::keyword_digraph},
    Keyword{"Digraph", DotTokenKind::keyword_digraph},   Keyword{"diGraph", DotTokenKind::keyword_digraph},
    Keyword{"DiGraph", DotTokenKind::keyword_digraph},   Keyword{"DIGRAPH", DotTokenKind::keyword_digraph},
    Keyword{"subgraph", DotTokenKind::keyword_subgraph}, Keyword{"Subgraph", DotTokenKind::keyword_subgraph},
    Keyword{"subGraph", DotTokenKind::keyword_subgraph}, Keyword{"SubGraph", DotTokenKind::keyword_subgraph},
    Keyword{"SUBGRAPH", DotTokenKind::keyword_subgraph}, Keyword{"strict", DotTokenKind::keyword_strict},
    Keyword{"Strict", DotTokenKind::keyword_strict},     Keyword{"STRICT", DotTokenKind::keyword_strict},
};

std::optional<DotTokenKind> punctuation(char c) {
    switch (c) {
        case '{':
            return DotTokenKind::brace_open;
        case '}':
            return DotTokenKind::brace_close;
        case '[':
            return DotTokenKind::bracket_open;
        case ']':
            return DotTokenKind::bracket_close;
        case ';':
            return DotTokenKind::semicolon;
        case ',':
            return DotTokenKind::comma;
        case ':':
            return DotTokenKind::colon;
        case '=':
            return DotTokenKind::equals;
        default:
            return std::nullopt;
    }
}

/// `count` digits of `base` at the front of `text`; nothing if they are not there.
std::optional<std::uint32_t> take_number(std::string_view& text, std::size_t count, std::uint32_t base) {
    if (text.size() < count) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text.substr(0, count)) {
        std::uint32_t digit = 16;
        if (is_digit(c)) digit = static_cast<std::uint32_t>(c - '0');
        if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
        if (digit >= base) return std::nullopt;
        value = value * base + digit;
    }
    text.remove_prefix(count);
    return value;
}

bool append_code_point(std::string& out, std::optional<std::uint32_t> code) {
    if (!code || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)) return false;
    append_utf8(out, *code);
    return true;
}

bool append_byte(std::string& out, std::optional<std::uint32_t> byte) {
    if (!byte || *byte > 0xFF) return false;
    out += static_cast<char>(*byte);
    return true;
}

/// One escape, behind its backslash. False if Go has no such escape in a double-quoted literal.
bool append_escape(std::string& out, std::string_view& text) {
    if (text.empty()) return false;
    constexpr std::string_view letters = "abfnrtv\\\"";
    constexpr std::string_view meaning = "\a\b\f\n\r\t\v\\\"";
    const char c = text.front();
    const auto simple = letters.find(c);
    if (simple != std::string_view::npos) {
        out += meaning[simple];
        text.remove_prefix(1);
        return true;
    }
    if (c >= '0' && c <= '7') return append_byte(out, take_number(text, 3, 8));
    text.remove_prefix(1);
    if (c == 'x') return append_byte(out, take_number(text, 2, 16));
    if (c == 'u') return append_code_point(out, take_number(text, 4, 16));
    if (c == 'U') return append_code_point(out, take_number(text, 8, 16));
    return false;
}

/// The value of a Go string literal in double quotes; nothing if it is none.
std::optional<std::string> unquote_literal(std::string_view token) {
    if (token.size() < 2 || token.front() != '"' || token.back() != '"') return std::nullopt;
    std::string_view text = token.substr(1, token.size() - 2);
    std::string out;
    while (!text.empty()) {
        const char c = text.front();
        if (c == '\n' || c == '"') return std::nullopt;
        if (c == '\\') {
            text.remove_prefix(1);
            if (!append_escape(out, text)) return std::nullopt;
            continue;
        }
        const Utf8Step step = next_utf8(text, 0);
        append_utf8(out, step.code_point);
        text.remove_prefix(step.length);
    }
    return out;
}

/// A piece of the text that is short enough for a message.
std::string excerpt(std::string_view text) {
    constexpr std::size_t enough = 24;
    const std::size_t line = std::min(text.find('\n'), text.size());
    return std::string(text.substr(0, std::min(line, enough)));
}

}  // namespace

DotToken DotLexer::next() {
    skip_blank();
    if (at_ == text_.size()) return take(DotTokenKind::end, at_);
    const char c = text_[at_];
    if (const auto kind = punctuation(c)) return take(*kind, at_ + 1);
    if (is_letter(c)) {
        const std::size_t end = word_end();
        const std::string_view word = text_.substr(at_, end - at_);
        const auto* keyword = std::ranges::find(keywords, word, &Keyword::text);
        return take(keyword == keywords.end() ? DotTokenKind::identifier : keyword->kind, end);
    }
    const std::string_view two = text_.substr(at_, 2);
    if (two == "->" || two == "--") return take(DotTokenKind::arrow, at_ + 2);
    if (c == '"') return take(DotTokenKind::identifier, quoted_end());
    if (c == '<') return take(DotTokenKind::identifier, angle_end());
    const std::size_t numeral = numeral_end();
    if (numeral == at_) fail(at_, "unexpected character '" + excerpt(text_.substr(at_, 1)) + "'");
    return take(DotTokenKind::identifier, numeral);
}

void DotLexer::fail(std::size_t offset, const std::string& problem) const {
    const std::string_view before = text_.substr(0, offset);
    // The wrapper's first line is not the user's.
    const auto line = std::max<std::ptrdiff_t>(std::ranges::count(before, '\n'), 1);
    const std::size_t newline = before.rfind('\n');
    const std::size_t column = newline == std::string_view::npos ? 1 : offset - newline;
    throw DotError("could not unmarshal DOT into a pipeline.Graph: line " + std::to_string(line) +
                   ", column " + std::to_string(column) + ": " + problem);
}

DotToken DotLexer::take(DotTokenKind kind, std::size_t end) {
    const DotToken token{kind, text_.substr(at_, end - at_), at_};
    at_ = end;
    return token;
}

void DotLexer::skip_blank() {
    while (at_ < text_.size()) {
        const std::string_view rest = text_.substr(at_);
        if (std::string_view(" \t\r\n").find(rest.front()) != std::string_view::npos) {
            ++at_;
        } else if (rest.starts_with('#') || rest.starts_with("//")) {
            const std::size_t newline = rest.find('\n');
            if (newline == std::string_view::npos) fail(at_, "this comment does not end");
            at_ += newline + 1;
        } else if (rest.starts_with("/*")) {
            at_ = block_comment_end();
        } else {
            return;
        }
    }
}

std::size_t DotLexer::block_comment_end() const {
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) fail(at_, "this comment does not end");
    return end + 2;
}

std::size_t DotLexer::word_end() const {
    std::size_t end = at_;
    while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end])))
        ++end;
    return end;
}

std::size_t DotLexer::numeral_end() const {
    const auto digits_from = [this](std::size_t at) {
        while (at < text_.size() && is_digit(text_[at]))
            ++at;
        return at;
    };
    const std::size_t begin = text_[at_] == '-' ? at_ + 1 : at_;
    const std::size_t whole = digits_from(begin);
    if (whole == text_.size() || text_[whole] != '.') return whole == begin ? at_ : whole;
    const std::size_t fraction = digits_from(whole + 1);
    return whole == begin && fraction == whole + 1 ? at_ : fraction;
}

std::size_t DotLexer::quoted_end() const {
    for (std::size_t at = at_ + 1; at < text_.size(); ++at) {
        if (text_[at] == '"') return at + 1;
        if (text_[at] == '\\') ++at;
        if (at < text_.size() && text_[at] == '\0') fail(at, "a NUL character");
    }
    fail(at_, "this string does not end");
}

std::size_t DotLexer::angle_end() const {
    int depth = 0;
    for (std::size_t at = at_; at < text_.size(); ++at) {
        if (text_[at] == '\0') fail(at, "a NUL character");
        if (text_[at] == '<' && ++depth > 2) fail(at, "'<' nests too deep in a <...> value");
        if (text_[at] == '>' && --depth == 0) return at + 1;
    }
    fail(at_, "this <...> value does not end");
}

std::string dot_identity(std::string_view token) {
    std::string text(token);
    if (!text.starts_with('"') || !text.ends_with('"')) return text;
    constexpr std::string_view joined = "\\\n";
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t next = std::min(text.find(joined, at), text.size());
        out.append(text, at, next - at);
        at = next + joined.size();
    }
    return out;
}

std::string dot_unquote(std::string_view token) {
    std::string text = dot_identity(token);
    if (text.size() >= 4 && text.starts_with("\"<") && text.ends_with(">\"")) return text;
    return unquote_literal(text).value_or(text);
}

}  // namespace baton::codec
