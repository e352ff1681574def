#pragma once

#include "baton/base/bytes.hpp"
#include "baton/base/random.hpp"
#include "baton/base/secret.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace baton::crypto {

/// RFC 7914. Memory: 128 * n * r bytes.
struct ScryptParameters {
    std::uint64_t n = 262'144;
    std::uint32_t r = 8;
    std::uint32_t p = 1;
    std::uint32_t dklen = 32;
    Bytes salt;
    bool operator==(const ScryptParameters&) const = default;
};
struct Pbkdf2Parameters {
    std::uint32_t c = 0;
    std::string prf = "hmac-sha256";
    std::uint32_t dklen = 32;
    Bytes salt;
    bool operator==(const Pbkdf2Parameters&) const = default;
};
/// A "kdf" that is neither; kept for its error text.
struct UnknownKdf {
    std::string name;
    bool operator==(const UnknownKdf&) const = default;
};

/// The "crypto" object of the Web3 secret storage, version 3 (reference/keystore.md section 1.1), as a plain
/// value.
struct Web3Crypto {
    std::string cipher = "aes-128-ctr";
    Bytes ciphertext;
    Bytes iv;
    std::variant<ScryptParameters, Pbkdf2Parameters, UnknownKdf> kdf;
    Bytes mac;
    bool operator==(const Web3Crypto&) const = default;
};

/// How costly the key derivation of new objects is.
enum class ScryptCost {
    standard,       // N = 262144, P = 1: 256 MB for about a second
    insecure_fast,  // N = 2, P = 1: INSECURE_FAST_SCRYPT, for development only
};

/// New random salt and IV each time. Seconds at standard cost: run it on a WorkerPool.
Web3Crypto web3_encrypt(BytesView plaintext, const Secret& password, ScryptCost cost, Random& random);
/// With salt (32 bytes) and IV (16 bytes) given, for vectors.
Web3Crypto web3_encrypt(BytesView plaintext, const Secret& password, ScryptCost cost, Bytes salt, Bytes iv);

/// Honours whatever parameters the object carries. Seconds at standard cost: run it on a WorkerPool.
/// Throws InvalidInput: "could not decrypt key with given password" (wrong password or damaged data), "cipher
/// not supported:
/// ...", "unsupported KDF: ...", "unsupported PBKDF2 PRF: ...", "scrypt: ..." for parameters out of bounds
/// (more than 1 GiB of memory is refused, so that an imported file cannot exhaust the machine). Error where
/// the machine does not give the memory.
Secret web3_decrypt(const Web3Crypto& object, const Secret& password);

}  // namespace baton::crypto
