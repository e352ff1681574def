#include "baton/crypto/vrf.hpp"

#include "baton/base/big_int.hpp"
#include "baton/crypto/keccak.hpp"
#include "baton/crypto/secp256k1_context.hpp"

#include <openssl/crypto.h>
#include <secp256k1_ecdh.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace baton::crypto {

namespace {

const BigInt field("0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
const BigInt order("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

/// A number as a word of the ABI, in front of what is hashed for one purpose.
Hash purpose(std::uint8_t number) {
    Hash word;
    word.bytes.back() = number;
    return word;
}
const Hash for_curve = purpose(1);
const Hash for_challenge = purpose(2);
const Hash for_output = purpose(3);

BytesView x_of(const PublicKey& point) {
    return point.view().first(32);
}
Hash word(const BigInt& number) {
    return hash_from(to_big_endian(number, Hash::size()));
}

/// Nothing when the bytes are no point.
std::optional<secp256k1_pubkey> parse(BytesView sec) {
    secp256k1_pubkey point;
    if (secp256k1_ec_pubkey_parse(curve_context(), &point, sec.data(), sec.size()) != 1) return std::nullopt;
    return point;
}

std::optional<secp256k1_pubkey> parse(const PublicKey& point) {
    std::array<std::uint8_t, 65> sec{4};
    std::ranges::copy(point.bytes, sec.begin() + 1);
    return parse(BytesView(sec));
}

std::optional<PublicKey> point_at(BytesView x, bool odd) {
    std::array<std::uint8_t, 33> sec{static_cast<std::uint8_t>(odd ? 3 : 2)};
    std::ranges::copy(x, sec.begin() + 1);
    const auto point = parse(BytesView(sec));
    if (!point) return std::nullopt;
    return to_public_key(*point);
}

int copy_coordinates(unsigned char* out, const unsigned char* x, const unsigned char* y, void*) {
    std::copy_n(x, 32, out);
    std::copy_n(y, 32, out + 32);
    return 1;
}

/// scalar * point in constant time.
PublicKey multiply_secretly(const PublicKey& point, const PrivateKey& scalar) {
    const auto parsed = parse(point);
    const Secret factor = scalar.padded();
    PublicKey product;
    if (!parsed || secp256k1_ecdh(curve_context(), product.bytes.data(), &*parsed,
                                  factor.reveal_bytes().data(), copy_coordinates, nullptr) != 1) {
        throw std::logic_error("a private key and a point of the curve have no product");
    }
    return product;
}

/// Of public values; nothing when the scalar is a multiple of the order.
std::optional<PublicKey> multiply(const PublicKey& point, const Hash& scalar) {
    auto product = parse(point);
    const Hash reduced = word(from_big_endian(scalar.view()) % order);
    if (!product || secp256k1_ec_pubkey_tweak_mul(curve_context(), &*product, reduced.bytes.data()) != 1) {
        return std::nullopt;
    }
    return to_public_key(*product);
}

/// Nothing when the sum is the point at infinity.
std::optional<PublicKey> add(const PublicKey& a, const PublicKey& b) {
    const auto left = parse(a);
    const auto right = parse(b);
    if (!left || !right) return std::nullopt;
    const std::array<const secp256k1_pubkey*, 2> terms{&*left, &*right};
    secp256k1_pubkey sum;
    if (secp256k1_ec_pubkey_combine(curve_context(), &sum, terms.data(), terms.size()) != 1) {
        return std::nullopt;
    }
    return to_public_key(sum);
}

Hash challenge(const PublicKey& hashed, const PublicKey& key, const PublicKey& gamma, const PublicKey& v,
               const Address& u_witness) {
    return keccak256(
        {for_challenge.view(), hashed.view(), key.view(), gamma.view(), v.view(), u_witness.view()});
}

struct WipedScalar {
    std::array<std::uint8_t, 32> bytes{};
    ~WipedScalar() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

/// (nonce - c * key) modulo the order; nothing when it is zero.
std::optional<Hash> response(const PrivateKey& key, const PrivateKey& nonce, const Hash& c) {
    WipedScalar scalar;
    const Secret secret = key.padded();
    const Secret addend = nonce.padded();
    std::ranges::copy(secret.reveal_bytes(), scalar.bytes.begin());
    const Hash reduced = word(from_big_endian(c.view()) % order);
    const auto* const context = curve_context();
    if (secp256k1_ec_seckey_tweak_mul(context, scalar.bytes.data(), reduced.bytes.data()) != 1 ||
        secp256k1_ec_seckey_negate(context, scalar.bytes.data()) != 1 ||
        secp256k1_ec_seckey_tweak_add(context, scalar.bytes.data(), addend.reveal_bytes().data()) != 1) {
        return std::nullopt;
    }
    return hash_from(scalar.bytes);
}

/// The inverse of the z in which VRF.sol's projective addition of the points ends, (x2 - x1)^5.
Hash inverse_z(const PublicKey& a, const PublicKey& b) {
    const BigInt difference = (from_big_endian(x_of(b)) + field - from_big_endian(x_of(a))) % field;
    const BigInt z = powm(difference, BigInt(5), field);
    return word(powm(z, BigInt(field - 2), field));
}

}  // namespace

VrfKeyId vrf_key_id(const PublicKey& key) {
    VrfKeyId id;
    std::ranges::copy(x_of(key), id.bytes.begin());
    id.bytes.back() = key.y_is_odd() ? 1 : 0;
    return id;
}

std::optional<PublicKey> vrf_public_key(const VrfKeyId& id) {
    if (id.bytes.back() > 1) return std::nullopt;
    return point_at(id.view().first(32), id.bytes.back() == 1);
}

Hash vrf_key_hash(const PublicKey& key) {
    return keccak256(key.view());
}

PublicKey vrf_hash_to_curve(const PublicKey& key, const Hash& seed) {
    Hash x = keccak256({for_curve.view(), key.view(), seed.view()});
    // Both what is not below the field's prime and what is no x of the curve is hashed once more.
    auto point = point_at(x.view(), false);
    while (!point) {
        x = keccak256(x.view());
        point = point_at(x.view(), false);
    }
    return *point;
}

std::optional<VrfProof> prove_vrf(const PrivateKey& key, const Hash& seed, const PrivateKey& nonce) {
    VrfProof proof;
    proof.key = key.public_key();
    proof.seed = seed;
    const PublicKey hashed = vrf_hash_to_curve(proof.key, seed);
    proof.gamma = multiply_secretly(hashed, key);
    proof.u_witness = nonce.address();
    proof.c = challenge(hashed, proof.key, proof.gamma, multiply_secretly(hashed, nonce), proof.u_witness);
    const auto s = response(key, nonce, proof.c);
    if (!s) return std::nullopt;
    proof.s = *s;
    proof.output = keccak256({for_output.view(), proof.gamma.view()});
    const auto c_gamma = multiply(proof.gamma, proof.c);
    const auto s_hash = multiply(hashed, proof.s);
    // The contract cannot add points of equal x.
    if (!c_gamma || !s_hash || std::ranges::equal(x_of(*c_gamma), x_of(*s_hash))) return std::nullopt;
    proof.c_gamma = *c_gamma;
    proof.s_hash = *s_hash;
    proof.z_inverse = inverse_z(proof.c_gamma, proof.s_hash);
    if (!verify_vrf(proof)) throw std::logic_error("a VRF proof that was just made does not hold");
    return proof;
}

VrfProof prove_vrf(const PrivateKey& key, const Hash& seed, Random& random) {
    for (;;) {
        if (const auto proof = prove_vrf(key, seed, PrivateKey::random(random))) return *proof;
    }
}

bool verify_vrf(const VrfProof& proof) {
    const PublicKey hashed = vrf_hash_to_curve(proof.key, proof.seed);
    const auto c_key = multiply(proof.key, proof.c);
    const auto c_gamma = multiply(proof.gamma, proof.c);
    const auto s_hash = multiply(hashed, proof.s);
    const auto s_scalar = PrivateKey::from_scalar(proof.s.view());
    if (!c_key || !c_gamma || !s_hash || !s_scalar) return false;
    const auto u = add(*c_key, s_scalar->public_key());
    const auto v = add(*c_gamma, *s_hash);
    return u && v && address_of(*u) == proof.u_witness &&
           proof.c == challenge(hashed, proof.key, proof.gamma, *v, proof.u_witness) &&
           proof.output == keccak256({for_output.view(), proof.gamma.view()});
}

Bytes solidity_proof(const VrfProof& proof, const Hash& pre_seed) {
    Bytes words;
    const auto append = [&](BytesView bytes) { words.insert(words.end(), bytes.begin(), bytes.end()); };
    append(proof.key.view());
    append(proof.gamma.view());
    append(proof.c.view());
    append(proof.s.view());
    append(pre_seed.view());
    words.insert(words.end(), Hash::size() - Address::size(), 0);
    append(proof.u_witness.view());
    append(proof.c_gamma.view());
    append(proof.s_hash.view());
    append(proof.z_inverse.view());
    return words;
}

}  // namespace baton::crypto
