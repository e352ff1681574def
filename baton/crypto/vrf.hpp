#pragma once

#include "baton/base/bytes.hpp"
#include "baton/base/random.hpp"
#include "baton/crypto/secp256k1.hpp"

#include <optional>

namespace baton::crypto {

// Verifiable randomness on secp256k1 as the contracts VRF.sol of v1.11.0 check it (reference/jobs.md section
// 9.6, reference/keystore.md section 4). Secrets never meet arithmetic whose time depends on them.

/// x, then 00 or 01 for an even or odd y: what v1.11.0 names VRF keys by. Not the form of SEC 1.
struct VrfKeyId : FixedBytes<33> {};
VrfKeyId vrf_key_id(const PublicKey& key);
/// Nothing when the id names no point of the curve.
std::optional<PublicKey> vrf_public_key(const VrfKeyId& id);
/// What the contracts name keys by: the Keccak-256 of x and y.
Hash vrf_key_hash(const PublicKey& key);

/// Public in all its parts.
struct VrfProof {
    PublicKey key;
    Hash seed;
    PublicKey gamma;
    /// The challenge; may be above the group order.
    Hash c;
    Hash s;
    /// The random value: the same for every proof of this key and seed.
    Hash output;
    // What spares the contract inversions and multiplications.
    Address u_witness;
    PublicKey c_gamma;
    PublicKey s_hash;
    Hash z_inverse;
};

VrfProof prove_vrf(const PrivateKey& key, const Hash& seed, Random& random);
/// With this nonce, which must be random and used once; nothing when another one has to be taken (as good as
/// never).
std::optional<VrfProof> prove_vrf(const PrivateKey& key, const Hash& seed, const PrivateKey& nonce);
/// That gamma, c, s and output belong to the key and the seed. Of public values, in varying time.
bool verify_vrf(const VrfProof& proof);

/// The point that stands for key and seed; its y is even.
PublicKey vrf_hash_to_curve(const PublicKey& key, const Hash& seed);
/// The 13 words that the contracts take, with the seed that they mix with the block's hash themselves.
Bytes solidity_proof(const VrfProof& proof, const Hash& pre_seed);

}  // namespace baton::crypto
