#include "baton/base/big_int.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <stdexcept>

namespace baton {

namespace {

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool all_hex_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return std::isxdigit(static_cast<unsigned char>(c)) != 0;
    });
}

void require_not_negative(const BigInt& value) {
    if (value < 0) throw std::invalid_argument("a negative integer has no unsigned form");
}

}  // namespace

std::optional<BigInt> parse_decimal_integer(std::string_view text) {
    bool negative = false;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (!all_digits(text)) return std::nullopt;
    // Boost reads a leading zero as the mark of an octal number.
    text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
    if (text.empty()) return BigInt(0);
    BigInt value{std::string(text)};
    return negative ? BigInt(-value) : value;
}

std::optional<BigInt> parse_quantity(std::string_view text) {
    if (text.size() < 3 || text[0] != '0' || (text[1] != 'x' && text[1] != 'X')) return std::nullopt;
    if (!all_hex_digits(text.substr(2))) return std::nullopt;
    return BigInt("0x" + std::string(text.substr(2)));
}

std::string to_decimal(const BigInt& value) {
    return value.str();
}

std::string to_quantity(const BigInt& value) {
    require_not_negative(value);
    std::string digits = value.str(0, std::ios_base::hex);
    std::ranges::transform(digits, digits.begin(), [](unsigned char c) { return std::tolower(c); });
    return "0x" + digits;
}

Bytes to_big_endian(const BigInt& value) {
    require_not_negative(value);
    Bytes out;
    if (value != 0) boost::multiprecision::export_bits(value, std::back_inserter(out), 8);
    return out;
}

Bytes to_big_endian(const BigInt& value, std::size_t width) {
    const BigInt modulus = BigInt(1) << static_cast<unsigned>(8 * width);
    BigInt wrapped = value % modulus;
    if (wrapped < 0) wrapped += modulus;
    const Bytes digits = to_big_endian(wrapped);
    Bytes out(width - digits.size());
    out.insert(out.end(), digits.begin(), digits.end());
    return out;
}

BigInt from_big_endian(BytesView bytes) {
    BigInt value;
    if (!bytes.empty()) boost::multiprecision::import_bits(value, bytes.begin(), bytes.end(), 8);
    return value;
}

}  // namespace baton
