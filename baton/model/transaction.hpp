#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace baton::model {

/// eth_txes.state (reference/evm.md section 6.1)
enum class TxState { unstarted, in_progress, fatal_error, unconfirmed, confirmed_missing_receipt, confirmed };
std::string to_string(TxState state);
TxState parse_tx_state(std::string_view text);

enum class AttemptState { in_progress, insufficient_eth, broadcast };
std::string to_string(AttemptState state);
AttemptState parse_attempt_state(std::string_view text);

/// What an ethtx task wants sent; becomes a row of eth_txes in state unstarted, in the run's own transaction
/// (COMMIT 2).
struct NewTransaction {
    BigInt chain_id;
    Address from;
    Address to;
    Bytes payload;
    BigInt value = 0;
    std::uint32_t gas_limit = 0;
    /// JSON text of eth_txes.meta and eth_txes.transmit_checker ("{}" when no check is wanted).
    std::optional<std::string> meta;
    std::string transmit_checker = "{}";
    /// The ethtx task's UUID: the idempotency key, recorded whatever min_confirmations is.
    Uuid task_id;
    /// Absent: the task does not wait for confirmations.
    std::optional<std::uint32_t> min_confirmations;
};

struct Attempt {
    std::int64_t id = 0;
    std::int64_t tx_id = 0;
    /// 0 legacy, 2 dynamic fee.
    int type = 0;
    BigInt gas_price;
    /// As stored: the RLP list for type 0, an RLP string around 0x02||payload for type 2.
    Bytes signed_raw_tx;
    Hash hash;
    AttemptState state = AttemptState::in_progress;
    std::uint64_t gas_limit = 0;
    std::optional<std::int64_t> broadcast_before_block_num;
};

struct Transaction {
    std::int64_t id = 0;
    BigInt chain_id;
    std::optional<std::int64_t> nonce;
    Address from;
    Address to;
    Bytes payload;
    BigInt value = 0;
    std::uint32_t gas_limit = 0;
    TxState state = TxState::unstarted;
    std::optional<std::string> error;
    std::optional<std::string> meta;
    std::optional<Uuid> task_id;
    std::optional<std::uint32_t> min_confirmations;
    WallTime created_at{};
    std::optional<WallTime> broadcast_at;
    /// Best first (gas price descending).
    std::vector<Attempt> attempts;
};

struct Receipt {
    Hash tx_hash;
    Hash block_hash;
    std::uint64_t block_number = 0;
    std::uint64_t transaction_index = 0;
    /// 1 success, 0 reverted.
    std::uint64_t status = 0;
    /// The object of reference/schema.md section 2.4 as JSON text.
    std::string json;
};

}  // namespace baton::model
