#pragma once

// For this folder only: what works with points of libsecp256k1.

#include "baton/crypto/secp256k1.hpp"

#include <secp256k1.h>

namespace baton::crypto {

/// Blinded once against side channels; afterwards only read, which libsecp256k1 allows from any thread.
const secp256k1_context* curve_context();
PublicKey to_public_key(const secp256k1_pubkey& point);

}  // namespace baton::crypto
