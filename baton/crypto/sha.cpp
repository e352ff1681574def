#include "baton/crypto/sha.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace baton::crypto {

namespace {

Hash digest(BytesView bytes, const EVP_MD* algorithm) {
    Hash hash;
    if (EVP_Digest(bytes.data(), bytes.size(), hash.bytes.data(), nullptr, algorithm, nullptr) != 1) {
        throw std::runtime_error("OpenSSL refuses to compute a digest");
    }
    return hash;
}

}  // namespace

Hash sha256(BytesView bytes) {
    return digest(bytes, EVP_sha256());
}

Hash sha3_256(BytesView bytes) {
    return digest(bytes, EVP_sha3_256());
}

Hash hmac_sha256(BytesView key, BytesView message) {
    Hash hash;
    // OpenSSL takes a null key pointer for "reuse the last key".
    static constexpr std::uint8_t no_key = 0;
    if (!HMAC(EVP_sha256(), key.empty() ? &no_key : key.data(), static_cast<int>(key.size()), message.data(),
              message.size(), hash.bytes.data(), nullptr)) {
        throw std::runtime_error("OpenSSL refuses to compute an HMAC");
    }
    return hash;
}

}  // namespace baton::crypto
