#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// A byte string that owns its memory.
using Bytes = std::vector<std::uint8_t>;
/// A view of bytes; the viewed memory outlives the view.
using BytesView = std::span<const std::uint8_t>;

/// Exactly N bytes, comparable and hashable, printed only on purpose (hex()).
template <std::size_t N>
struct FixedBytes {
    std::array<std::uint8_t, N> bytes{};

    static constexpr std::size_t size() { return N; }
    BytesView view() const { return {bytes.data(), N}; }
    auto operator<=>(const FixedBytes&) const = default;
};

/// An Ethereum account or contract address. A type of its own, so that it is never mistaken for another 20
/// bytes.
struct Address : FixedBytes<20> {
    bool is_zero() const;
};
/// A Keccak-256 hash, topic or block hash.
struct Hash : FixedBytes<32> {};

/// Lower-case hex without prefix.
std::string to_hex(BytesView bytes);
/// "0x" and lower-case hex; "0x" for no bytes.
std::string to_0x(BytesView bytes);
/// Even number of hex digits of any case, without prefix; nothing otherwise.
std::optional<Bytes> from_hex(std::string_view text);
/// As from_hex, with the prefix 0x or 0X required.
std::optional<Bytes> from_0x(std::string_view text);

/// "0x" + 40 hex digits of any case (no checksum looked at; EIP-55 is in crypto/eip55.hpp).
std::optional<Address> parse_address(std::string_view text);
/// "0x" + 64 hex digits of any case.
std::optional<Hash> parse_hash(std::string_view text);

/// REQUIRES: bytes.size() == 20 (32). Throws std::invalid_argument otherwise.
Address address_from(BytesView bytes);
Hash hash_from(BytesView bytes);

BytesView as_bytes(std::string_view text);
std::string_view as_text(BytesView bytes);
Bytes to_bytes(std::string_view text);

/// Compares in a time that depends on the lengths only (secrets, MACs).
bool equal_constant_time(BytesView a, BytesView b);

}  // namespace baton

template <std::size_t N>
struct std::hash<baton::FixedBytes<N>> {
    std::size_t operator()(const baton::FixedBytes<N>& value) const noexcept {
        return std::hash<std::string_view>{}(
            {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
    }
};
template <>
struct std::hash<baton::Address> : std::hash<baton::FixedBytes<20>> {};
template <>
struct std::hash<baton::Hash> : std::hash<baton::FixedBytes<32>> {};
