#pragma once

#include "baton/base/big_int.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::api {

/// Letters, digits, '-' and '_', in lower case as names are stored; nothing for any other text.
std::optional<std::string> parse_bridge_name(std::string_view text);
/// Why not.
std::string bad_bridge_name_text(std::string_view text);

/// The body of a bridge's creation or change (reference/rest-api.md section 4).
struct BridgeInput {
    std::string name;
    std::string url;
    std::uint32_t confirmations = 0;
    std::optional<BigInt> minimum_contract_payment;
};
/// Throws InvalidInput or codec::JsonError with the texts of v1.11.0's decoder.
BridgeInput read_bridge_input(std::string_view body);
/// Everything that is wrong with it, in v1.11.0's words.
std::vector<std::string> faults_of(const BridgeInput& input);

/// Juels as v1.11.0 reads them: digits, "1 juels", "0.1 link". Throws InvalidInput.
BigInt parse_link_amount(std::string_view text);

}  // namespace baton::api
