#include "baton/base/bytes.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <stdexcept>

namespace baton {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_hex(std::string& out, BytesView bytes) {
    for (const auto byte : bytes) {
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
}

bool has_prefix(std::string_view text) {
    return text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

template <typename Fixed>
std::optional<Fixed> parse_fixed(std::string_view text) {
    if (text.size() != 2 + 2 * Fixed::size()) return std::nullopt;
    const auto bytes = from_0x(text);
    if (!bytes) return std::nullopt;
    Fixed out;
    std::ranges::copy(*bytes, out.bytes.begin());
    return out;
}

template <typename Fixed>
Fixed fixed_from(BytesView bytes, const char* what) {
    if (bytes.size() != Fixed::size()) throw std::invalid_argument(what);
    Fixed out;
    std::ranges::copy(bytes, out.bytes.begin());
    return out;
}

}  // namespace

bool Address::is_zero() const {
    return *this == Address{};
}

std::string to_hex(BytesView bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    append_hex(out, bytes);
    return out;
}

std::string to_0x(BytesView bytes) {
    std::string out = "0x";
    out.reserve(2 + bytes.size() * 2);
    append_hex(out, bytes);
    return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes out(text.size() / 2);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = nibble(text[2 * i]);
        const int low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return out;
}

std::optional<Bytes> from_0x(std::string_view text) {
    if (!has_prefix(text)) return std::nullopt;
    return from_hex(text.substr(2));
}

std::optional<Address> parse_address(std::string_view text) {
    return parse_fixed<Address>(text);
}

std::optional<Hash> parse_hash(std::string_view text) {
    return parse_fixed<Hash>(text);
}

Address address_from(BytesView bytes) {
    return fixed_from<Address>(bytes, "an address has 20 bytes");
}

Hash hash_from(BytesView bytes) {
    return fixed_from<Hash>(bytes, "a hash has 32 bytes");
}

BytesView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes to_bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

bool equal_constant_time(BytesView a, BytesView b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace baton
