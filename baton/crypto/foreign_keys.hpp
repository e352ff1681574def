#pragma once

#include "baton/base/bytes.hpp"
#include "baton/crypto/prime_curve.hpp"

#include <string>

namespace baton::crypto {

// Public parts of the key classes of other chains and of DKG, which Baton keeps for the reference node and
// shows, but never uses (reference/keystore.md sections 2 and 3.4). All throw std::invalid_argument for a
// scalar that is no key.

const PrimeCurve& stark_curve();
const PrimeCurve& bn254();
/// edwards25519 in its short Weierstrass form (draft-ietf-lwig-curve-representations, Wei25519).
const PrimeCurve& wei25519();

/// The "stark key": x of scalar * G, 32 bytes big-endian.
FixedBytes<32> stark_key(BytesView scalar);
/// Address of the account contract that belongs to a stark key.
FixedBytes<32> starknet_account(const FixedBytes<32>& stark_key);
/// x of the Pedersen hash of the two, both below the Stark prime.
BigInt pedersen(const BigInt& a, const BigInt& b);

/// Standard compressed point of a little-endian scalar, without the hashing and clamping of Ed25519.
FixedBytes<32> dkg_sign_public_key(BytesView little_endian_scalar);
/// x of scalar * G1, parity of y in the top bit.
FixedBytes<32> dkg_encrypt_public_key(BytesView scalar);

/// cosmos address with the prefix "terra" of a SEC-compressed secp256k1 key.
std::string terra_address(const FixedBytes<33>& public_key);

}  // namespace baton::crypto
