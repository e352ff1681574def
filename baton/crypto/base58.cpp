#include "baton/crypto/base58.hpp"

#include "baton/base/big_int.hpp"

#include <algorithm>

namespace baton::crypto {

namespace {
constexpr std::string_view alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
}

std::string to_base58(BytesView bytes) {
    BigInt rest = from_big_endian(bytes);
    std::string reversed;
    while (rest != 0) {
        reversed.push_back(alphabet[static_cast<std::size_t>(rest % 58)]);
        rest /= 58;
    }
    const auto zeros =
        std::ranges::find_if(bytes, [](std::uint8_t byte) { return byte != 0; }) - bytes.begin();
    reversed.append(static_cast<std::size_t>(zeros), alphabet[0]);
    std::ranges::reverse(reversed);
    return reversed;
}

std::optional<Bytes> from_base58(std::string_view text) {
    BigInt value = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        value = value * 58 + digit;
    }
    const std::size_t zeros = std::min(text.find_first_not_of(alphabet[0]), text.size());
    Bytes out(zeros);
    const Bytes digits = to_big_endian(value);
    out.insert(out.end(), digits.begin(), digits.end());
    return out;
}

}  // namespace baton::crypto
