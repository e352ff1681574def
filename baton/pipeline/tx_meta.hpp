#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/codec/value.hpp"
#include "baton/pipeline/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace baton::pipeline {

/// eth_txes.meta (reference/pipeline.md section 19.16, schema.md section 2.5).
struct TxMeta {
    std::optional<std::int32_t> job_id;
    bool fail_on_revert = false;
    std::optional<Hash> request_id;
    std::optional<Hash> request_tx_hash;
    std::vector<Hash> request_ids;
    std::vector<Hash> request_tx_hashes;
    std::optional<std::string> max_link;
    std::optional<std::uint64_t> sub_id;
    std::optional<std::string> upkeep_id;
    std::optional<Address> forwarder_dest_address;

    /// FailOnRevert always, the others when they are set.
    std::string to_json() const;
};

/// Keys match in any case, unknown ones are refused; all errors are reported together. `map` may be nullptr.
Result<TxMeta> decode_tx_meta(const codec::Map* map);

/// eth_txes.transmit_checker as JSON text; "{}" when no check is wanted.
Result<std::string> decode_transmit_checker(const codec::Map* map);

}  // namespace baton::pipeline
