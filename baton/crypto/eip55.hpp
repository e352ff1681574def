#pragma once

#include "baton/base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace baton::crypto {

/// "0x" + 40 hex digits in the mixed case of EIP-55.
std::string to_checksum(const Address& address);
/// Exactly the checksummed form, nothing else (reference/jobs.md, "EIP-55 address"); the caller words the
/// refusal.
std::optional<Address> parse_eip55(std::string_view text);

}  // namespace baton::crypto
