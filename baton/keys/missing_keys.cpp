#include "baton/keys/missing_keys.hpp"

#include <algorithm>

namespace baton::keys {

AddedKeys add_missing_keys(const KeyRing& ring, const std::vector<store::KeyState>& states,
                           const EnsureOptions& options, Random& random) {
    AddedKeys added{ring, {}, {}};
    for (const auto& chain_id : options.evm_chains) {
        const bool has_state =
            std::ranges::any_of(states, [&](const auto& state) { return state.chain_id == chain_id; });
        if (has_state) continue;
        const std::string address = create_eth_key(added.ring, random);
        added.enable.push_back({*parse_address(address), chain_id});
        added.created.push_back("New sending address " + address + " for chain " + to_decimal(chain_id));
    }
    if (added.ring.raw(KeyClass::csa).empty()) {
        added.created.push_back("New CSA key with public key " + create_csa_key(added.ring, random));
    }
    if (options.p2p && added.ring.raw(KeyClass::p2p).empty()) {
        added.created.push_back("New P2P key with peer id " + create_p2p_key(added.ring, random));
    }
    return added;
}

}  // namespace baton::keys
