#include "baton/api/go_numbers.hpp"

#include <charconv>
#include <limits>

namespace baton::api {

std::string go_quote(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (c == '\n') {
            quoted += "\\n";
        } else if (c == '\t') {
            quoted += "\\t";
        } else if (c == '\r') {
            quoted += "\\r";
        } else if (byte < 0x20 || byte == 0x7f) {
            quoted += "\\x";
            quoted += digits[byte >> 4];
            quoted += digits[byte & 15];
        } else {
            quoted += c;
        }
    }
    return quoted + '"';
}

ParsedInteger parse_go_integer(std::string_view text, int bits, std::string_view function) {
    const auto failed = [&](std::string_view why) {
        return "strconv." + std::string(function) + ": parsing " + go_quote(text) + ": " + std::string(why);
    };
    auto digits = text;
    if (digits.starts_with('+')) {
        digits.remove_prefix(1);
        if (digits.starts_with('-')) return failed("invalid syntax");
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error == std::errc::invalid_argument || end != digits.data() + digits.size())
        return failed("invalid syntax");
    const auto most = std::numeric_limits<std::int64_t>::max() >> (64 - bits);
    if (error == std::errc::result_out_of_range || value > most || value < -most - 1)
        return failed("value out of range");
    return value;
}

}  // namespace baton::api
