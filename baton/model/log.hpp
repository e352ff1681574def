#pragma once

#include "baton/base/bytes.hpp"

#include <compare>
#include <cstdint>
#include <vector>

namespace baton::model {

/// An event log as eth_getLogs gives it.
struct Log {
    Address address;
    std::vector<Hash> topics;
    Bytes data;
    std::uint64_t block_number = 0;
    Hash block_hash;
    Hash tx_hash;
    std::uint64_t tx_index = 0;
    std::uint64_t log_index = 0;
};

/// What makes a log one log for a job on a chain (unique key of log_broadcasts, with job and chain).
struct LogKey {
    Hash block_hash;
    std::uint64_t log_index = 0;
    auto operator<=>(const LogKey&) const = default;
};

inline LogKey key_of(const Log& log) {
    return {log.block_hash, log.log_index};
}

}  // namespace baton::model
