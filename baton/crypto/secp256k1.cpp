#include "baton/crypto/secp256k1.hpp"

#include "baton/crypto/keccak.hpp"
#include "baton/crypto/secp256k1_context.hpp"

#include <openssl/crypto.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <algorithm>
#include <stdexcept>

namespace baton::crypto {

const secp256k1_context* curve_context() {
    static const secp256k1_context* const shared = [] {
        secp256k1_context* made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
        std::array<std::uint8_t, 32> seed{};
        Random::system().fill(seed);
        if (secp256k1_context_randomize(made, seed.data()) != 1) {
            throw std::runtime_error("libsecp256k1 cannot be blinded");
        }
        return made;
    }();
    return shared;
}

PublicKey to_public_key(const secp256k1_pubkey& point) {
    std::array<std::uint8_t, 65> sec{};
    std::size_t length = sec.size();
    secp256k1_ec_pubkey_serialize(curve_context(), sec.data(), &length, &point, SECP256K1_EC_UNCOMPRESSED);
    PublicKey key;
    std::copy(sec.begin() + 1, sec.end(), key.bytes.begin());
    return key;
}

FixedBytes<33> compress(const PublicKey& key) {
    FixedBytes<33> out;
    out.bytes[0] = key.y_is_odd() ? 3 : 2;
    std::copy_n(key.bytes.begin(), 32, out.bytes.begin() + 1);
    return out;
}

Address address_of(const PublicKey& key) {
    return address_from(keccak256(key.view()).view().last(20));
}

std::optional<PublicKey> recover(const Hash& hash, const Signature& signature) {
    std::array<std::uint8_t, 64> compact{};
    std::ranges::copy(signature.r.bytes, compact.begin());
    std::ranges::copy(signature.s.bytes, compact.begin() + 32);
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey point;
    if (signature.recovery_id > 3 ||
        secp256k1_ecdsa_recoverable_signature_parse_compact(curve_context(), &parsed, compact.data(),
                                                            signature.recovery_id) != 1 ||
        secp256k1_ecdsa_recover(curve_context(), &point, &parsed, hash.bytes.data()) != 1) {
        return std::nullopt;
    }
    return to_public_key(point);
}

std::optional<PrivateKey> PrivateKey::from_scalar(BytesView big_endian) {
    if (big_endian.empty() || big_endian.size() > 32) return std::nullopt;
    PrivateKey key;
    std::ranges::copy(big_endian, key.scalar_.end() - static_cast<std::ptrdiff_t>(big_endian.size()));
    if (secp256k1_ec_seckey_verify(curve_context(), key.scalar_.data()) != 1) return std::nullopt;
    return key;
}

PrivateKey PrivateKey::random(Random& random) {
    PrivateKey key;
    do {
        random.fill(key.scalar_);
    } while (secp256k1_ec_seckey_verify(curve_context(), key.scalar_.data()) != 1);
    return key;
}

PrivateKey::~PrivateKey() {
    OPENSSL_cleanse(scalar_.data(), scalar_.size());
}

PublicKey PrivateKey::public_key() const {
    secp256k1_pubkey point;
    if (secp256k1_ec_pubkey_create(curve_context(), &point, scalar_.data()) != 1) {
        throw std::logic_error("a private key that was checked has no public key");
    }
    return to_public_key(point);
}

Signature PrivateKey::sign(const Hash& hash) const {
    secp256k1_ecdsa_recoverable_signature signed_hash;
    if (secp256k1_ecdsa_sign_recoverable(curve_context(), &signed_hash, hash.bytes.data(), scalar_.data(),
                                         nullptr, nullptr) != 1) {
        throw std::logic_error("a private key that was checked does not sign");
    }
    std::array<std::uint8_t, 64> compact{};
    int recovery_id = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(curve_context(), compact.data(), &recovery_id,
                                                            &signed_hash);
    Signature signature;
    std::copy_n(compact.begin(), 32, signature.r.bytes.begin());
    std::copy_n(compact.begin() + 32, 32, signature.s.bytes.begin());
    signature.recovery_id = static_cast<std::uint8_t>(recovery_id);
    return signature;
}

Secret PrivateKey::padded() const {
    return Secret(BytesView(scalar_));
}

Secret PrivateKey::stripped() const {
    const auto first = std::ranges::find_if(scalar_, [](std::uint8_t byte) { return byte != 0; });
    return Secret(BytesView(first, scalar_.end()));
}

}  // namespace baton::crypto
