#pragma once

#include "baton/base/bytes.hpp"

#include <initializer_list>

namespace baton::crypto {

/// Keccak-256 as Ethereum uses it (the padding before FIPS 202).
Hash keccak256(BytesView bytes);
/// Of the parts one after the other.
Hash keccak256(std::initializer_list<BytesView> parts);

}  // namespace baton::crypto
