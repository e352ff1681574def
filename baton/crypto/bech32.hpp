#pragma once

#include "baton/base/bytes.hpp"

#include <string>
#include <string_view>

namespace baton::crypto {

/// BIP 173 (checksum constant 1), as cosmos addresses are written. REQUIRES: a lower-case prefix.
std::string to_bech32(std::string_view prefix, BytesView bytes);

}  // namespace baton::crypto
