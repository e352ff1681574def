#pragma once

#include "baton/base/bytes.hpp"

namespace baton::crypto {

Hash sha256(BytesView bytes);
/// SHA3-256 (FIPS 202), the hash of API tokens and bridge tokens (reference/rest-api.md sections 3.4, 3.6).
Hash sha3_256(BytesView bytes);
Hash hmac_sha256(BytesView key, BytesView message);

}  // namespace baton::crypto
