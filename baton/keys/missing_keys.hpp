#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/random.hpp"
#include "baton/keys/key_ring.hpp"
#include "baton/store/key_states.hpp"

#include <string>
#include <vector>

namespace baton::keys {

/// What v1.11.0 creates at a start (reference/keystore.md section 9 step 6): an Eth key for each chain that
/// has no key state at all (a disabled one counts), a CSA key, a P2P key if P2P is on. Keys of OCR, OCR2 and
/// of other chain families are not made here: nothing in Baton uses them, and a v1.11.0 that takes over makes
/// its own.
struct EnsureOptions {
    std::vector<BigInt> evm_chains;
    bool p2p = true;
};

struct AddedKeys {
    KeyRing ring;
    struct Enabled {
        Address address;
        BigInt chain_id;
    };
    std::vector<Enabled> enable;
    /// One line per key for the log, e.g. "New CSA key with public key ...".
    std::vector<std::string> created;

    bool any() const { return !created.empty(); }
};
/// The ring with what is missing added. Pure but for `random`.
AddedKeys add_missing_keys(const KeyRing& ring, const std::vector<store::KeyState>& states,
                           const EnsureOptions& options, Random& random);

}  // namespace baton::keys
