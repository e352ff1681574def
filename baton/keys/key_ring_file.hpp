#pragma once

#include "baton/base/random.hpp"
#include "baton/base/secret.hpp"
#include "baton/crypto/web3_crypto.hpp"
#include "baton/keys/key_ring.hpp"

#include <string>
#include <string_view>

namespace baton::keys {

// Pure; seconds of scrypt each at standard cost, so on a WorkerPool.

/// JSON of the "crypto" object as in encrypted_key_rings.encrypted_keys and in exported files
/// (reference/keystore.md section 1.1). Member names in any case; unknown members are ignored. Throws
/// InvalidInput naming the member at fault.
crypto::Web3Crypto parse_web3_crypto(std::string_view json);
std::string write_web3_crypto(const crypto::Web3Crypto& object);

/// `password` is the operator's, without the prefix that the ring's own password has.
std::string encrypt_key_ring(const KeyRing& ring, const Secret& password, crypto::ScryptCost cost,
                             Random& random);
/// Throws InvalidInput "unable to decrypt encrypted key ring: could not decrypt key with given password" and
/// the like.
KeyRing decrypt_key_ring(std::string_view json, const Secret& password);

}  // namespace baton::keys
