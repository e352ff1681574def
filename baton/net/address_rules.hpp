#pragma once

#include <string>
#include <string_view>

namespace baton::net {

/// True for addresses that a restricted request must not reach (reference/pipeline.md section 16): loopback,
/// unspecified, multicast, link-local, broadcast, 10/8, 172.16/12, 192.168/16, 169.254/16, 127/8, ::1,
/// fe80::/10, fc00::/7; IPv4 mapped into IPv6 is judged as IPv4. A text that is no numeric address is
/// refused.
bool is_private_address(std::string_view address);

/// Canonical text of a numeric address (IPv4 mapped into IPv6 becomes IPv4, zone dropped); "" when it is
/// none.
std::string canonical_address(std::string_view address);

/// v1.11.0's text for a refused address.
std::string refused_address_text(std::string_view address);

}  // namespace baton::net
