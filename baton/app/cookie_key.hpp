#pragma once

#include "baton/base/random.hpp"
#include "baton/base/secret.hpp"
#include "baton/keys/key_ring.hpp"

#include <optional>
#include <string>

namespace baton::app {

/// Its name in the table `settings` of the own schema.
inline constexpr const char* cookie_key_setting = "cookie_key";

/// The key that signs session cookies lies in the own schema so that a login on one instance is one on all.
/// It is sealed with a secret that only the holder of the key ring has, derived from the node's CSA key: as
/// safe as the ring, and without a second scrypt in a takeover. Text form: "1:" nonce ":" ciphertext ":" MAC,
/// in hex. REQUIRES: a CSA key in the ring.
std::string seal_cookie_key(const Secret& key, const keys::KeyRing& ring, Random& random);
/// Nothing when the text was sealed with another ring's key, or is damaged.
std::optional<Secret> unseal_cookie_key(const std::string& sealed, const keys::KeyRing& ring);

}  // namespace baton::app
