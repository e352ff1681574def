#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"

#include <cstdint>
#include <optional>

namespace baton::model {

/// A block header as far as the node needs it (reference/evm.md section 3.4).
struct Head {
    std::uint64_t number = 0;
    Hash hash;
    Hash parent_hash;
    /// Block time.
    WallTime timestamp{};
    std::optional<BigInt> base_fee_per_gas;
    std::optional<std::uint64_t> l1_block_number;
    Hash receipts_root;
    Hash transactions_root;
    Hash state_root;
};

}  // namespace baton::model
