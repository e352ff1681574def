#include "baton/api/uuid_fault.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace baton::api {

namespace {

constexpr std::string_view urn = "urn:uuid:";
constexpr std::size_t dashless = 32;
constexpr std::size_t canonical = 36;
constexpr std::size_t braced = canonical + 2;
constexpr std::array<std::size_t, 4> dashes{8, 13, 18, 23};

/// A byte as Go's %#U shows it: U+0041 'A', without the character when it cannot be printed.
std::string code_point(char c) {
    constexpr char digits[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    std::string text = std::string("U+00") + digits[byte >> 4] + digits[byte & 15];
    if (byte >= 0x20 && byte < 0x7f) {
        text += std::string(" '") + c + '\'';
    } else if (byte > 0xa0 && byte != 0xad) {
        text += std::string(" '") + static_cast<char>(0xc0 | byte >> 6) +
                static_cast<char>(0x80 | (byte & 0x3f)) + '\'';
    }
    return text;
}

}  // namespace

std::string uuid_fault(std::string_view text) {
    const auto fault = [text](std::string_view what) {
        return "uuid: incorrect UUID " + std::string(what) + std::string(text);
    };
    auto core = text;
    if (text.size() == braced) {
        if (text.front() != '{' || text.back() != '}') return fault("format ");
        core = text.substr(1, canonical);
    } else if (text.size() == urn.size() + dashless || text.size() == urn.size() + canonical) {
        if (!text.starts_with(urn)) return fault("format: ");
        core = text.substr(urn.size());
    }
    if (core.size() != dashless && core.size() != canonical) return fault("length: ");
    std::string digits(core);
    if (core.size() == canonical) {
        if (std::any_of(dashes.begin(), dashes.end(), [core](auto at) { return core[at] != '-'; }))
            return "uuid: incorrect UUID format " + digits;
        std::for_each(dashes.rbegin(), dashes.rend(), [&digits](auto at) { digits.erase(at, 1); });
    }
    const auto wrong = std::find_if(digits.begin(), digits.end(),
                                    [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) == 0; });
    return wrong == digits.end() ? fault("format ") : "encoding/hex: invalid byte: " + code_point(*wrong);
}

}  // namespace baton::api
