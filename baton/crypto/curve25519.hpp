#pragma once

#include "baton/base/bytes.hpp"

namespace baton::crypto {

/// Public key of an Ed25519 seed (RFC 8032 section 5.1.5). REQUIRES: 32 bytes; throws std::invalid_argument
/// otherwise.
FixedBytes<32> ed25519_public_key(BytesView seed);
/// scalar * base point, clamped (RFC 7748 section 5). REQUIRES: 32 bytes; throws std::invalid_argument
/// otherwise.
FixedBytes<32> x25519_public_key(BytesView scalar);

}  // namespace baton::crypto
