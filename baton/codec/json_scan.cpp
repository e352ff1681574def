#include "baton/codec/json_scan.hpp"

#include "baton/codec/utf8.hpp"

namespace baton::codec {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The byte as Go shows it in "invalid character 'x'": a byte stands for the code point of its value.
std::string quote_byte(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'') return R"('\'')";
    if (c == '"') return R"('"')";
    std::string out = "'";
    constexpr std::string_view hex = "0123456789abcdef";
    constexpr std::string_view named = "\a\b\t\n\v\f\r\\";
    constexpr std::string_view letters = "abtnvfr\\";
    const auto name = named.find(c);
    if (byte != 0 && name != std::string_view::npos) {
        out += {'\\', letters[name]};
    } else if (byte < 0x20 || byte == 0x7F) {
        out += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
    } else if (byte >= 0x80 && (byte < 0xA1 || byte == 0xAD)) {
        out += {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
    } else {
        append_utf8(out, byte);
    }
    return out + "'";
}

/// Thrown and caught inside this file only.
struct Refused {
    std::string error;
};

class Scanner {
  public:
    Scanner(std::string_view text, bool whole) : text_(text), whole_(whole) {}

    JsonScan run() {
        JsonScan scan;
        try {
            skip_space();
            if (done() && !whole_) throw Refused{"EOF"};
            scan.begin = at_;
            value();
            scan.end = at_;
            if (whole_) {
                skip_space();
                if (!done()) fail("after top-level value");
            }
        } catch (Refused& refused) {
            scan.error = std::move(refused.error);
        }
        return scan;
    }

    std::size_t position() const { return at_; }
    void seek(std::size_t at) { at_ = at; }
    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_]))
            ++at_;
    }

    void string() {
        for (++at_;; ++at_) {
            const char c = peek();
            if (c == '"') break;
            if (c == '\\') {
                escape();
            } else if (static_cast<unsigned char>(c) < 0x20) {
                fail("in string literal");
            }
        }
        ++at_;
    }

    /// One value; containers are kept on a stack of our own, so that depth costs no call stack.
    void value() {
        std::vector<char> open;
        while (true) {
            skip_space();
            if (opens_container(open)) continue;
            do {
                if (open.empty()) return;
                skip_space();
            } while (closes_container(open));
        }
    }

  private:
    bool done() const { return at_ == text_.size(); }
    char peek() const {
        if (done()) throw Refused{whole_ ? "unexpected end of JSON input" : "unexpected EOF"};
        return text_[at_];
    }
    [[noreturn]] void fail(std::string_view context) const {
        throw Refused{"invalid character " + quote_byte(text_[at_]) + " " + std::string(context)};
    }

    /// At the start of a value: a container that has members is opened and left at its first value (true),
    /// everything else is read to its end (false).
    bool opens_container(std::vector<char>& open) {
        const char c = peek();
        if (c != '{' && c != '[') {
            scalar(c);
            return false;
        }
        if (open.size() == json_max_depth) throw Refused{"exceeded max depth"};
        ++at_;
        skip_space();
        if (peek() == (c == '{' ? '}' : ']')) {
            ++at_;
            return false;
        }
        open.push_back(c);
        if (c == '{') key();
        return true;
    }

    /// After a value inside a container: true if the container ends here, false at the next value.
    bool closes_container(std::vector<char>& open) {
        const bool object = open.back() == '{';
        const char c = peek();
        if (c == (object ? '}' : ']')) {
            ++at_;
            open.pop_back();
            return true;
        }
        if (c != ',') fail(object ? "after object key:value pair" : "after array element");
        ++at_;
        if (object) {
            skip_space();
            key();
        }
        return false;
    }

    void key() {
        if (peek() != '"') fail("looking for beginning of object key string");
        string();
        skip_space();
        if (peek() != ':') fail("after object key");
        ++at_;
    }

    void scalar(char c) {
        if (c == '"') return string();
        if (c == '-' || is_digit(c)) return number();
        if (c == 't') return literal("true");
        if (c == 'f') return literal("false");
        if (c == 'n') return literal("null");
        fail("looking for beginning of value");
    }

    void literal(std::string_view word) {
        for (const char expected : word) {
            if (peek() != expected) {
                fail("in literal " + std::string(word) + " (expecting '" + std::string(1, expected) + "')");
            }
            ++at_;
        }
    }

    void escape() {
        ++at_;
        const char c = peek();
        if (c != 'u') {
            if (std::string_view("bfnrt\\/\"").find(c) == std::string_view::npos)
                fail("in string escape code");
            return;
        }
        for (int i = 0; i < 4; ++i) {
            ++at_;
            if (!is_hex(peek())) fail("in \\u hexadecimal character escape");
        }
    }

    void digits(std::string_view context) {
        if (!is_digit(peek())) fail(context);
        while (!done() && is_digit(text_[at_]))
            ++at_;
    }

    void number() {
        if (peek() == '-') ++at_;
        if (peek() == '0') {
            ++at_;
        } else {
            digits("in numeric literal");
        }
        if (!done() && text_[at_] == '.') {
            ++at_;
            digits("after decimal point in numeric literal");
        }
        if (!done() && (text_[at_] == 'e' || text_[at_] == 'E')) {
            ++at_;
            if (peek() == '+' || peek() == '-') ++at_;
            digits("in exponent of numeric literal");
        }
    }

    std::string_view text_;
    bool whole_;
    std::size_t at_ = 0;
};

/// The four digits of the \u escape whose backslash is at `at`; nothing if there is none.
std::optional<char32_t> unicode_escape(std::string_view text, std::size_t at) {
    if (text.size() - at < 6 || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
    char32_t code = 0;
    for (const char c : text.substr(at + 2, 4)) {
        if (!is_hex(c)) return std::nullopt;
        code = code * 16 + static_cast<char32_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return code;
}

bool is_high_surrogate(char32_t code) {
    return code >= 0xD800 && code < 0xDC00;
}
bool is_low_surrogate(char32_t code) {
    return code >= 0xDC00 && code < 0xE000;
}

/// Copies the string that begins at `at` and returns where it ends.
std::size_t repair_string(std::string_view text, std::size_t at, std::string& out) {
    out += '"';
    for (++at; text[at] != '"';) {
        if (text[at] != '\\') {
            const Utf8Step step = next_utf8(text, at);
            append_utf8(out, step.code_point);
            at += step.length;
            continue;
        }
        const auto code = unicode_escape(text, at);
        std::size_t length = code ? 6 : 2;
        if (code && is_high_surrogate(*code)) {
            const auto second = unicode_escape(text, at + 6);
            if (second && is_low_surrogate(*second)) length = 12;
        }
        const bool lone = code && length == 6 && (is_high_surrogate(*code) || is_low_surrogate(*code));
        out += lone ? std::string_view("\\ufffd") : text.substr(at, length);
        at += length;
    }
    out += '"';
    return at + 1;
}

/// Strict parsers keep exponents in an int. Nine digits are far more than any double needs, and more than the
/// digits before or behind the point can make up for.
constexpr std::size_t sane_exponent_digits = 9;

void repair_number(std::string_view number, JsonRepair& repair) {
    const auto e = number.find_first_of("eE");
    if (e != std::string_view::npos) {
        const auto digits = number.find_first_not_of("+-0", e + 1);
        if (digits != std::string_view::npos && number.size() - digits > sane_exponent_digits) {
            const bool zero = number.substr(0, e).find_first_of("123456789") == std::string_view::npos;
            const bool tiny = number[e + 1] == '-';
            if (!zero && !tiny && !repair.too_large) repair.too_large = std::string(number);
            repair.text += number.front() == '-' ? "-0.0" : "0.0";
            return;
        }
    }
    repair.text += number;
}

}  // namespace

JsonScan scan_json(std::string_view text, bool whole) {
    return Scanner(text, whole).run();
}

JsonRepair repair_json(std::string_view value) {
    JsonRepair repair;
    for (std::size_t at = 0; at < value.size();) {
        const char c = value[at];
        if (c == '"') {
            at = repair_string(value, at, repair.text);
        } else if (c == '-' || is_digit(c)) {
            const std::size_t end = std::min(value.find_first_not_of("+-.0123456789eE", at), value.size());
            repair_number(value.substr(at, end - at), repair);
            at = end;
        } else {
            repair.text += c;
            ++at;
        }
    }
    return repair;
}

std::vector<std::pair<std::string_view, std::string_view>> raw_json_members(std::string_view object) {
    std::vector<std::pair<std::string_view, std::string_view>> members;
    Scanner scanner(object, true);
    scanner.seek(1);
    scanner.skip_space();
    while (object[scanner.position()] != '}') {
        const std::size_t key = scanner.position();
        scanner.string();
        const std::size_t key_end = scanner.position();
        scanner.skip_space();
        scanner.seek(scanner.position() + 1);
        scanner.skip_space();
        const std::size_t value = scanner.position();
        scanner.value();
        members.emplace_back(object.substr(key, key_end - key),
                             object.substr(value, scanner.position() - value));
        scanner.skip_space();
        if (object[scanner.position()] == ',') scanner.seek(scanner.position() + 1);
        scanner.skip_space();
    }
    return members;
}

}  // namespace baton::codec
