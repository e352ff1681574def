#pragma once

#include "baton/crypto/vrf.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/task.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace baton::pipeline {

/// What vrf and vrfv2 are asked with, besides the entries of the log (reference/pipeline.md section 19.30).
struct VrfRequest {
    /// The decoded log; its entries are the task's own.
    const codec::Map* log = nullptr;
    Bytes public_key;
    Bytes block_hash;
    std::uint64_t block_number = 0;
    std::vector<Hash> topics;
};
/// One input, a map, and four parameters that are all variables.
Result<VrfRequest> read_vrf_request(const TaskContext& context);

/// An entry of exactly that kind, or nullptr.
template <typename T>
const T* log_entry(const VrfRequest& request, std::string_view name) {
    const auto found = request.log->find(name);
    return found == request.log->end() ? nullptr : found->second.get_if<T>();
}
/// An entry that is a bytes32.
std::optional<Hash> log_word(const VrfRequest& request, std::string_view name);

struct VrfSeed {
    crypto::VrfKeyId key;
    /// What the contract is told.
    Hash pre_seed;
};
/// Whether the key is the one that the request names, and the seed that it brings. Throws TaskAbort when the
/// key is no point of the curve.
Result<VrfSeed> check_vrf_key(const VrfRequest& request, const Hash& key_hash, const BigInt& pre_seed);

/// The proof over seed and block. Failures: the block hash has another length, the node has no such key.
Result<crypto::VrfProof> prove_request(const TaskContext& context, const VrfRequest& request,
                                       const VrfSeed& seed);

/// A number as a word of the ABI, appended.
void append_word(Bytes& words, const BigInt& number);

}  // namespace baton::pipeline
