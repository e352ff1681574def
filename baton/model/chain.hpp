#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace baton::model {

/// The settings of one EVM chain after defaults, database and environment were merged
/// (reference/configuration.md sections 9 and 11). A value passed to whoever works for that chain.
struct ChainSettings {
    BigInt chain_id;
    std::uint32_t finality_depth = 50;
    std::uint32_t min_incoming_confirmations = 3;
    /// Juels.
    BigInt min_contract_payment{"10000000000000"};
    std::optional<Address> link_contract;
    std::uint32_t block_backfill_depth = 10;
    bool block_backfill_skip = false;
    std::uint32_t log_backfill_batch_size = 100;
    std::uint32_t head_history_depth = 100;
    std::chrono::nanoseconds no_head_warning{std::chrono::minutes(1)};
    std::uint32_t rpc_batch_size = 100;
    bool nonce_auto_sync = true;
    bool balance_monitor = true;
    /// 0: no limit.
    std::uint32_t max_in_flight = 16;
    std::uint32_t max_queued = 250;
    std::chrono::nanoseconds resend_after{std::chrono::minutes(1)};
    /// Unsent transactions are looked for at least this often, in case that a wake-up was lost.
    std::chrono::nanoseconds fallback_poll{std::chrono::seconds(30)};
    std::chrono::nanoseconds tx_reaper_interval{std::chrono::hours(1)};
    std::chrono::nanoseconds tx_reaper_threshold{std::chrono::hours(168)};
    /// Wei.
    BigInt gas_price_default{"20000000000"};
    BigInt gas_price_min{"1000000000"};
    BigInt gas_price_max{"115792089237316195423570985008687907853269984665640564039457584007913129639935"};
    std::uint32_t gas_limit_default = 500'000;
    std::optional<std::uint32_t> gas_limit_direct_request;
    /// Applied to every limit; a decimal text such as "1.1" read as a ratio.
    double gas_limit_multiplier = 1.0;
};

}  // namespace baton::model
