#pragma once

#include "baton/base/bytes.hpp"
#include "baton/base/random.hpp"
#include "baton/base/secret.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace baton::crypto {

/// A point of secp256k1: x || y, big-endian, without the 04 of SEC 1.
struct PublicKey : FixedBytes<64> {
    bool y_is_odd() const { return (bytes[63] & 1) != 0; }
};

/// SEC 1 compressed form: 02 or 03, then x.
FixedBytes<33> compress(const PublicKey& key);
/// The last 20 bytes of the Keccak-256 of x || y.
Address address_of(const PublicKey& key);

/// A recoverable ECDSA signature. `s` is in the lower half of the group order (EIP-2).
struct Signature {
    FixedBytes<32> r;
    FixedBytes<32> s;
    /// 0 or 1: which of the two points with this r was meant. Callers add 27, or 35 + 2 * chain id (EIP-155).
    std::uint8_t recovery_id = 0;

    bool operator==(const Signature&) const = default;
};

/// Who signed `hash`; nothing when the signature fits no key.
std::optional<PublicKey> recover(const Hash& hash, const Signature& signature);

/// A secret scalar of secp256k1: never zero, below the group order, wiped when destroyed. Any thread.
class PrivateKey {
  public:
    /// Big-endian, 1 to 32 bytes; shorter ones have lost leading zeros (reference/keystore.md section 2).
    /// Nothing when it is zero, too long, or not below the group order.
    static std::optional<PrivateKey> from_scalar(BytesView big_endian);
    static PrivateKey random(Random& random);
    PrivateKey(const PrivateKey&) = default;
    PrivateKey& operator=(const PrivateKey&) = default;
    ~PrivateKey();

    PublicKey public_key() const;
    Address address() const { return address_of(public_key()); }
    /// Deterministic nonce (RFC 6979): the same hash always gives the same signature, so that a transaction
    /// that is signed again is the same transaction.
    Signature sign(const Hash& hash) const;

    /// 32 bytes, as in key files.
    Secret padded() const;
    /// Without leading zero bytes, as in the key ring.
    Secret stripped() const;

  private:
    PrivateKey() = default;
    std::array<std::uint8_t, 32> scalar_{};
};

}  // namespace baton::crypto
