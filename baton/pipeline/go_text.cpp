#include "baton/pipeline/go_text.hpp"

#include "baton/base/clock.hpp"
#include "baton/base/error.hpp"
#include "baton/codec/go_value.hpp"

#include <charconv>

namespace baton::pipeline {

namespace {

bool is_space(char32_t c) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) return true;
    if (c < 0x80) return false;
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

Failure number_failure(std::string_view function, std::string_view text, std::string_view reason) {
    return {"strconv." + std::string(function) + ": parsing " + codec::go_quote(text) + ": " +
            std::string(reason)};
}

constexpr std::string_view invalid_syntax = "invalid syntax";
constexpr std::string_view out_of_range = "value out of range";

enum class Digits { good, invalid, overflow };

Digits read_digits(std::string_view digits, unsigned base, std::uint64_t& value) {
    if (digits.empty()) return Digits::invalid;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, static_cast<int>(base));
    if (end != digits.data() + digits.size()) return Digits::invalid;
    return error == std::errc::result_out_of_range ? Digits::overflow : Digits::good;
}

Result<std::int64_t> signed_value(std::string_view text, bool negative, Digits digits,
                                  std::uint64_t magnitude, int bits) {
    if (digits == Digits::invalid) return number_failure("ParseInt", text, invalid_syntax);
    const std::uint64_t limit = std::uint64_t{1} << static_cast<unsigned>(bits - 1);
    if (digits == Digits::overflow || magnitude > limit || (!negative && magnitude == limit)) {
        return number_failure("ParseInt", text, out_of_range);
    }
    return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

bool take_sign(std::string_view& digits) {
    if (digits.empty() || (digits.front() != '+' && digits.front() != '-')) return false;
    const bool negative = digits.front() == '-';
    digits.remove_prefix(1);
    return negative;
}

/// Takes the base prefix off; `prefixed` tells that an underscore may come first.
unsigned take_base(std::string_view& digits, bool& prefixed) {
    prefixed = false;
    if (digits.size() < 2 || digits.front() != '0') return 10;
    prefixed = true;
    const char letter = static_cast<char>(digits[1] | 0x20);
    const unsigned base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    digits.remove_prefix(base == 0 ? 1 : 2);
    return base == 0 ? 8 : base;
}

/// Underscores only between digits, or between the prefix and a digit.
bool drop_underscores(std::string_view digits, bool prefixed, std::string& plain) {
    bool may_follow = prefixed;
    for (const char c : digits) {
        if (c == '_') {
            if (!may_follow) return false;
            may_follow = false;
            continue;
        }
        plain += c;
        may_follow = true;
    }
    return digits.empty() || digits.back() != '_';
}

}  // namespace

Rune decode_rune(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1, true};
    std::size_t size = 0;
    char32_t value = 0;
    char32_t smallest = 0;
    if (first >= 0xC2 && first < 0xE0) {
        size = 2;
        value = first & 0x1FU;
        smallest = 0x80;
    } else if (first >= 0xE0 && first < 0xF0) {
        size = 3;
        value = first & 0x0FU;
        smallest = 0x800;
    } else if (first >= 0xF0 && first < 0xF5) {
        size = 4;
        value = first & 0x07U;
        smallest = 0x10000;
    } else {
        return {};
    }
    if (text.size() < size) return {};
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return {};
        value = value << 6U | (byte(i) & 0x3FU);
    }
    if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return {};
    return {value, size, true};
}

void append_rune(std::string& out, char32_t rune) {
    const auto add = [&](char32_t bits) { out += static_cast<char>(static_cast<unsigned char>(bits)); };
    if (rune < 0x80) {
        add(rune);
        return;
    }
    if (rune < 0x800) {
        add(0xC0U | rune >> 6U);
    } else {
        if (rune < 0x10000) {
            add(0xE0U | rune >> 12U);
        } else {
            add(0xF0U | rune >> 18U);
            add(0x80U | (rune >> 12U & 0x3FU));
        }
        add(0x80U | (rune >> 6U & 0x3FU));
    }
    add(0x80U | (rune & 0x3FU));
}

std::string_view trim_space(std::string_view text) {
    while (!text.empty()) {
        const Rune rune = decode_rune(text);
        if (!rune.valid || !is_space(rune.value)) break;
        text.remove_prefix(rune.size);
    }
    while (!text.empty()) {
        std::size_t start = text.size() - 1;
        while (start > 0 && text.size() - start < 4 &&
               (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80) {
            --start;
        }
        const Rune rune = decode_rune(text.substr(start));
        if (!rune.valid || start + rune.size != text.size() || !is_space(rune.value)) break;
        text.remove_suffix(rune.size);
    }
    return text;
}

Result<std::uint64_t> parse_uint(std::string_view text, int bits) {
    std::uint64_t value = 0;
    const Digits digits = read_digits(text, 10, value);
    if (digits == Digits::invalid) return number_failure("ParseUint", text, invalid_syntax);
    if (digits == Digits::overflow || (bits < 64 && value >> static_cast<unsigned>(bits) != 0)) {
        return number_failure("ParseUint", text, out_of_range);
    }
    return value;
}

Result<std::int64_t> parse_int(std::string_view text, int bits) {
    std::string_view digits = text;
    const bool negative = take_sign(digits);
    std::uint64_t magnitude = 0;
    const Digits outcome = read_digits(digits, 10, magnitude);
    return signed_value(text, negative, outcome, magnitude, bits);
}

Result<std::int64_t> parse_int_literal(std::string_view text, int bits) {
    std::string_view digits = text;
    const bool negative = take_sign(digits);
    bool prefixed = false;
    const unsigned base = take_base(digits, prefixed);
    std::string plain;
    if (!drop_underscores(digits, prefixed, plain)) return number_failure("ParseInt", text, invalid_syntax);
    std::uint64_t magnitude = 0;
    const Digits outcome = read_digits(plain, base, magnitude);
    return signed_value(text, negative, outcome, magnitude, bits);
}

Result<bool> parse_bool(std::string_view text) {
    if (const auto value = codec::parse_go_bool(text)) return *value;
    return number_failure("ParseBool", text, invalid_syntax);
}

Result<std::int64_t> parse_whole_seconds(std::string_view text) {
    if (trim_space(text).empty()) return Failure{std::string(sentinel::parameter_empty)};
    try {
        return std::chrono::duration_cast<std::chrono::seconds>(parse_go_duration(text)).count();
    } catch (const InvalidInput& error) {
        return Failure{error.what()};
    }
}

Result<Bytes> try_parse_hex(std::string_view text) {
    if (!text.starts_with("0x") && !text.starts_with("0X")) return Failure{"hex string must have 0x prefix"};
    std::string digits(text.substr(2));
    if (digits.size() % 2 == 1) digits.insert(0, 1, '0');
    auto bytes = from_hex(digits);
    if (!bytes) return Failure{"invalid hex string " + codec::go_quote(text)};
    return std::move(*bytes);
}

std::string_view json_kind_name(const codec::Value& value) {
    if (value.text_or_null() != nullptr) return "string";
    if (value.get_if<bool>() != nullptr) return "bool";
    if (value.map_or_null() != nullptr) return "object";
    if (value.list_or_null() != nullptr) return "array";
    return "number";
}

std::string storable_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Rune rune = decode_rune(text);
        if (rune.valid && rune.value != 0) {
            out += text.substr(0, rune.size);
        } else {
            out += "\xEF\xBF\xBD";
        }
        text.remove_prefix(rune.size);
    }
    return out;
}

}  // namespace baton::pipeline
