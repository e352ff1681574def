#include "baton/codec/go_value.hpp"
#include "baton/codec/json.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace baton::codec {

namespace {

/// value = 0.d1d2d3... x 10^point with the fewest digits that read back as the same number.
struct Digits {
    bool negative = false;
    std::string digits;
    int point = 0;
};

template <typename Float>
Digits shortest_digits(Float value) {
    std::array<char, 64> buffer{};
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    Digits result;
    result.negative = std::signbit(value);
    const auto e = text.find('e');
    for (const char c : text.substr(0, e)) {
        if (c != '-' && c != '.') result.digits += c;
    }
    const char* exponent = text.data() + e + 1;
    if (*exponent == '+') ++exponent;
    std::from_chars(exponent, end, result.point);
    result.point = value == 0 ? 1 : result.point + 1;
    return result;
}

std::string plain(const Digits& number) {
    const std::string sign = number.negative ? "-" : "";
    if (number.point <= 0) {
        return sign + "0." + std::string(static_cast<std::size_t>(-number.point), '0') + number.digits;
    }
    const auto before = static_cast<std::size_t>(number.point);
    if (number.digits.size() <= before) {
        return sign + number.digits + std::string(before - number.digits.size(), '0');
    }
    return sign + number.digits.substr(0, before) + "." + number.digits.substr(before);
}

std::string scientific(const Digits& number, std::size_t exponent_digits) {
    std::string out = number.negative ? "-" : "";
    out += number.digits.front();
    if (number.digits.size() > 1) out += "." + number.digits.substr(1);
    const int exponent = number.point - 1;
    const std::string digits = std::to_string(std::abs(exponent));
    out += exponent < 0 ? "e-" : "e+";
    if (digits.size() < exponent_digits) out += '0';
    return out + digits;
}

/// Go's encoding/json: exponents outside 1e-6 ... 1e21, and of negative ones no leading zero.
template <typename Float>
std::string json_text(Float value) {
    const Digits digits = shortest_digits(value);
    const Float magnitude = std::abs(value);
    const bool exponent = magnitude != 0 && (magnitude < Float(1e-6) || magnitude >= Float(1e21));
    return exponent ? scientific(digits, 1) : plain(digits);
}

/// Go's %v: exponent form below 1e-4 and from 1e6.
template <typename Float>
std::string verb_text(Float value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
    const Digits digits = shortest_digits(value);
    const int exponent = digits.point - 1;
    return exponent < -4 || exponent >= 6 ? scientific(digits, 2) : plain(digits);
}

}  // namespace

std::string json_number(double value) {
    return json_text(value);
}
std::string json_number(float value) {
    return json_text(value);
}
std::string go_float_text(double value) {
    return verb_text(value);
}
std::string go_float_text(float value) {
    return verb_text(value);
}
std::string go_plain_float(double value) {
    return plain(shortest_digits(value));
}

}  // namespace baton::codec
