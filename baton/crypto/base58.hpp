#pragma once

#include "baton/base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace baton::crypto {

/// Bitcoin's alphabet, as in libp2p peer ids and Solana addresses; every leading zero byte is a '1'.
std::string to_base58(BytesView bytes);
std::optional<Bytes> from_base58(std::string_view text);

}  // namespace baton::crypto
