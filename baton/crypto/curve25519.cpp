#include "baton/crypto/curve25519.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace baton::crypto {

namespace {

FixedBytes<32> public_key(BytesView secret, int type) {
    if (secret.size() != 32) throw std::invalid_argument("a secret of curve25519 has 32 bytes");
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        EVP_PKEY_new_raw_private_key(type, nullptr, secret.data(), secret.size()), EVP_PKEY_free);
    FixedBytes<32> out;
    std::size_t length = out.size();
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), out.bytes.data(), &length) != 1) {
        throw std::runtime_error("OpenSSL gives no public key of curve25519");
    }
    return out;
}

}  // namespace

FixedBytes<32> ed25519_public_key(BytesView seed) {
    return public_key(seed, EVP_PKEY_ED25519);
}

FixedBytes<32> x25519_public_key(BytesView scalar) {
    return public_key(scalar, EVP_PKEY_X25519);
}

}  // namespace baton::crypto
