#include "baton/crypto/bech32.hpp"

#include <cstdint>
#include <vector>

namespace baton::crypto {

namespace {

constexpr std::string_view alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

std::uint32_t checksum(const std::vector<std::uint8_t>& values) {
    constexpr std::uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    std::uint32_t sum = 1;
    for (const auto value : values) {
        const std::uint32_t top = sum >> 25;
        sum = (sum & 0x1ffffff) << 5 ^ value;
        for (int i = 0; i < 5; ++i) {
            if ((top >> i & 1) != 0) sum ^= generator[i];
        }
    }
    return sum;
}

std::vector<std::uint8_t> groups_of_five(BytesView bytes) {
    std::vector<std::uint8_t> groups;
    std::uint32_t pending = 0;
    int bits = 0;
    for (const auto byte : bytes) {
        pending = (pending << 8 | byte) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5) {
            groups.push_back(static_cast<std::uint8_t>(pending >> (bits - 5) & 31));
        }
    }
    if (bits > 0) groups.push_back(static_cast<std::uint8_t>(pending << (5 - bits) & 31));
    return groups;
}

}  // namespace

std::string to_bech32(std::string_view prefix, BytesView bytes) {
    const auto data = groups_of_five(bytes);
    std::vector<std::uint8_t> values;
    for (const char c : prefix)
        values.push_back(static_cast<std::uint8_t>(c) >> 5);
    values.push_back(0);
    for (const char c : prefix)
        values.push_back(static_cast<std::uint8_t>(c) & 31);
    values.insert(values.end(), data.begin(), data.end());
    values.resize(values.size() + 6);
    const std::uint32_t sum = checksum(values) ^ 1;

    std::string text(prefix);
    text += '1';
    for (const auto value : data)
        text += alphabet[value];
    for (int i = 5; i >= 0; --i)
        text += alphabet[sum >> (5 * i) & 31];
    return text;
}

}  // namespace baton::crypto
