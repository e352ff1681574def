#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"

#include <cstdint>
#include <optional>

namespace baton::model {

/// A call that changes nothing on the chain, by eth_call or eth_estimateGas.
struct ContractCall {
    Address from;
    Address to;
    Bytes data;
    /// 0: as much as the endpoint allows.
    std::uint64_t gas = 0;
    std::optional<BigInt> gas_price;
    /// Not sent: the client library of v1.11.0 leaves them out of the message, and endpoints refuse a call
    /// with a cap below the base fee.
    std::optional<BigInt> gas_tip_cap;
    std::optional<BigInt> gas_fee_cap;
};

}  // namespace baton::model
