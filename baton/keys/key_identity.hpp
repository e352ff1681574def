#pragma once

#include "baton/keys/key_ring.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace baton::keys {

/// What may be shown of a key: its id (reference/keystore.md section 2) and the text attributes of the API's
/// resource in their order (reference/rest-api.md section 5), e.g. {"publicKey", "..."}. Eth keys have no
/// attributes here.
struct KeyIdentity {
    KeyClass key_class;
    std::string id;
    std::vector<std::pair<std::string, std::string>> attributes;
};

/// Derives it from the raw bytes. Nothing when they do not have the form of the class.
std::optional<KeyIdentity> identify(KeyClass key_class, const Secret& raw);

}  // namespace baton::keys
