#include "baton/crypto/eip55.hpp"

#include "baton/crypto/keccak.hpp"

#include <cctype>

namespace baton::crypto {

std::string to_checksum(const Address& address) {
    std::string digits = to_hex(address.view());
    const Hash hash = keccak256(as_bytes(digits));
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const int nibble = i % 2 == 0 ? hash.bytes[i / 2] >> 4 : hash.bytes[i / 2] & 15;
        if (nibble >= 8) digits[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(digits[i])));
    }
    return "0x" + digits;
}

std::optional<Address> parse_eip55(std::string_view text) {
    const auto address = parse_address(text);
    if (!address || to_checksum(*address) != text) return std::nullopt;
    return address;
}

}  // namespace baton::crypto
