#include "baton/net/address_rules.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <variant>

namespace baton::net {

namespace {

using V4 = std::array<std::uint8_t, 4>;
using V6 = std::array<std::uint8_t, 16>;
using Numeric = std::variant<V4, V6>;

std::optional<Numeric> read_address(std::string_view text) {
    const std::string plain(text.substr(0, text.find('%')));
    V4 v4;
    if (inet_pton(AF_INET, plain.c_str(), v4.data()) == 1) return v4;
    V6 v6;
    if (inet_pton(AF_INET6, plain.c_str(), v6.data()) != 1) return std::nullopt;
    constexpr V6 mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(mapped.begin(), mapped.begin() + 12, v6.begin())) {
        std::copy_n(v6.begin() + 12, 4, v4.begin());
        return v4;
    }
    return v6;
}

bool is_private(const V4& a) {
    return a == V4{0, 0, 0, 0} || a == V4{255, 255, 255, 255} ||  // unspecified, broadcast
           a[0] == 127 || a[0] == 10 ||                           //
           (a[0] == 172 && (a[1] & 0xf0) == 16) ||                //
           (a[0] == 192 && a[1] == 168) ||                        //
           (a[0] == 169 && a[1] == 254) ||                        // link-local
           (a[0] & 0xf0) == 224;                                  // multicast
}

bool is_private(const V6& a) {
    const bool zero_but_last = std::all_of(a.begin(), a.end() - 1, [](std::uint8_t b) { return b == 0; });
    return (zero_but_last && a.back() <= 1) ||         // :: and ::1
           (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||  // fe80::/10
           (a[0] & 0xfe) == 0xfc ||                    // fc00::/7
           a[0] == 0xff;                               // multicast
}

}  // namespace

bool is_private_address(std::string_view address) {
    const auto numeric = read_address(address);
    if (!numeric) return true;
    return std::visit([](const auto& a) { return is_private(a); }, *numeric);
}

std::string canonical_address(std::string_view address) {
    const auto numeric = read_address(address);
    if (!numeric) return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (const auto* v4 = std::get_if<V4>(&*numeric)) {
        inet_ntop(AF_INET, v4->data(), text.data(), text.size());
    } else {
        inet_ntop(AF_INET6, std::get<V6>(*numeric).data(), text.data(), text.size());
    }
    return text.data();
}

std::string refused_address_text(std::string_view address) {
    return "disallowed IP " + std::string(address) +
           ". Connections to local/private and multicast networks are disabled by default for security "
           "reasons: "
           "disallowed IP";
}

}  // namespace baton::net
