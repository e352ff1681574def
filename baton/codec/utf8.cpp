#include "baton/codec/utf8.hpp"

namespace baton::codec {

namespace {

/// What the first byte says of the rest: how many bytes follow, and the range of the second one, which rules
/// out overlong forms, surrogates and values above U+10FFFF (RFC 3629 section 4).
struct Lead {
    std::size_t following;
    std::uint8_t second_low;
    std::uint8_t second_high;
};

constexpr Lead no_lead{0, 1, 0};

Lead lead_of(std::uint8_t byte) {
    if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
    if (byte == 0xE0) return {2, 0xA0, 0xBF};
    if (byte == 0xED) return {2, 0x80, 0x9F};
    if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
    if (byte == 0xF0) return {3, 0x90, 0xBF};
    if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
    if (byte == 0xF4) return {3, 0x80, 0x8F};
    return no_lead;
}

}  // namespace

Utf8Step next_utf8(std::string_view text, std::size_t at) {
    constexpr Utf8Step invalid{0xFFFD, 1, false};
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
    if (byte(0) < 0x80) return {byte(0), 1, true};
    const Lead lead = lead_of(byte(0));
    if (lead.following == 0 || text.size() - at <= lead.following) return invalid;
    if (byte(1) < lead.second_low || byte(1) > lead.second_high) return invalid;
    char32_t code_point = byte(0) & (0x3FU >> lead.following);
    for (std::size_t i = 1; i <= lead.following; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return invalid;
        code_point = (code_point << 6) | (byte(i) & 0x3FU);
    }
    return {code_point, lead.following + 1, true};
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Step step = next_utf8(text, at);
        if (!step.valid) return false;
        at += step.length;
    }
    return true;
}

void append_utf8(std::string& out, char32_t code_point) {
    const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)); };
    if (code_point < 0x80) {
        out += static_cast<char>(code_point);
    } else if (code_point < 0x800) {
        out += {static_cast<char>(0xC0 | (code_point >> 6)), tail(0)};
    } else if (code_point < 0x10000) {
        out += {static_cast<char>(0xE0 | (code_point >> 12)), tail(6), tail(0)};
    } else {
        out += {static_cast<char>(0xF0 | (code_point >> 18)), tail(12), tail(6), tail(0)};
    }
}

}  // namespace baton::codec
