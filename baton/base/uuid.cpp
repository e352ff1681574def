#include "baton/base/uuid.hpp"

#include <algorithm>
#include <cctype>

namespace baton {

namespace {

constexpr std::string_view urn = "urn:uuid:";

bool starts_with_urn(std::string_view text) {
    return text.size() >= urn.size() && std::equal(urn.begin(), urn.end(), text.begin(), [](char a, char b) {
               return a == std::tolower(static_cast<unsigned char>(b));
           });
}

void mark(Uuid& uuid, int version) {
    uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | version << 4);
    uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
}

}  // namespace

Uuid Uuid::random(Random& random) {
    Uuid uuid;
    random.fill(uuid.bytes);
    mark(uuid, 4);
    return uuid;
}

Uuid Uuid::in_time_order(Random& random, WallTime now) {
    Uuid uuid;
    random.fill(uuid.bytes);
    const auto time = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
    for (int byte = 0; byte < 6; ++byte)
        uuid.bytes[byte] = static_cast<std::uint8_t>(time >> (40 - 8 * byte));
    mark(uuid, 7);
    return uuid;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (starts_with_urn(text) && text.size() == urn.size() + 36) text.remove_prefix(urn.size());
    if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
    std::string digits(text);
    if (text.size() == 36) {
        for (const std::size_t dash : {23, 18, 13, 8}) {
            if (digits[dash] != '-') return std::nullopt;
            digits.erase(dash, 1);
        }
    }
    const auto bytes = from_hex(digits);
    if (!bytes || bytes->size() != size()) return std::nullopt;
    Uuid uuid;
    std::ranges::copy(*bytes, uuid.bytes.begin());
    return uuid;
}

std::string Uuid::to_string() const {
    std::string text = to_dashless();
    for (const std::size_t dash : {20, 16, 12, 8})
        text.insert(dash, 1, '-');
    return text;
}

}  // namespace baton
