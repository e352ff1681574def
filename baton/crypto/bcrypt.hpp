#pragma once

#include "baton/base/random.hpp"
#include "baton/base/secret.hpp"

#include <string>

namespace baton::crypto {

/// Hash of a user's password as v1.11.0 makes it: "$2a$10$..." (reference/rest-api.md section 3.3). About 50
/// ms. Throws InvalidInput "must enter a password less than 50 characters" above 50 bytes, and for a NUL
/// byte.
std::string bcrypt_hash(const Secret& password, Random& random);
/// False also when `hash` is no bcrypt hash. About 50 ms.
bool bcrypt_matches(const Secret& password, const std::string& hash);

}  // namespace baton::crypto
