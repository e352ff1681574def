#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace baton::model {

/// A row of bridge_types: an external adapter that jobs name in the text of their pipeline. Confirmations,
/// payment and tokens are kept and shown; as in v1.11.0 nothing at run time looks at them.
struct Bridge {
    /// Lower case.
    std::string name;
    std::string url;
    std::uint32_t confirmations = 0;
    /// Lower-case hex SHA3-256 of "<incoming token>-<salt>".
    std::string incoming_token_hash;
    std::string salt;
    std::string outgoing_token;
    /// Juels.
    std::optional<BigInt> minimum_contract_payment;
    WallTime created_at{};
};

}  // namespace baton::model
