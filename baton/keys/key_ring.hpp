#pragma once

#include "baton/base/random.hpp"
#include "baton/base/secret.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace baton::keys {

/// In the order of the ring's plaintext (reference/keystore.md section 1.2).
enum class KeyClass { eth, csa, ocr, ocr2, p2p, solana, terra, starknet, vrf, dkg_sign, dkg_encrypt };
inline constexpr std::size_t key_class_count = 11;
/// The member of the plaintext: "Eth", "CSA", ...
std::string_view ring_member(KeyClass key_class);

/// All private keys of a node as a plain value: the raw bytes of reference/keystore.md section 2 per class,
/// in the order in which they were read, untouched. Copies share nothing; all of them are wiped when
/// destroyed.
class KeyRing {
  public:
    KeyRing() = default;

    /// Reads the decrypted text. null, [] and a missing member are all "no keys"; members that v1.11.0 does
    /// not know are kept and written last. Throws InvalidInput, without a part of the text, for anything
    /// else.
    static KeyRing parse(const Secret& plaintext);
    /// Byte for byte what v1.11.0 writes for the same keys: all eleven members in order, null for none.
    Secret serialise() const;

    bool empty() const;
    const std::vector<Secret>& raw(KeyClass key_class) const;
    void add(KeyClass key_class, Secret raw);

  private:
    struct UnknownClass {
        std::string member;
        std::vector<Secret> keys;
    };
    std::array<std::vector<Secret>, key_class_count> keys_;
    std::vector<UnknownClass> unknown_;
};

/// Each makes a key, adds it and gives its id. The key exists only in this value until the ring is saved.
/// EIP-55 address.
std::string create_eth_key(KeyRing& ring, Random& random);
/// Throws InvalidInput "can only have 1 CSA key".
std::string create_csa_key(KeyRing& ring, Random& random);
/// Peer id without the prefix "p2p_".
std::string create_p2p_key(KeyRing& ring, Random& random);

}  // namespace baton::keys
