#include "baton/pipeline/tasks.hpp"
#include "baton/pipeline/vrf_request.hpp"

namespace baton::pipeline {

namespace {

/// "[1 2 3]"
std::string byte_list(BytesView bytes) {
    std::string text = "[";
    for (const std::uint8_t byte : bytes)
        text += (text.size() > 1 ? " " : "") + std::to_string(byte);
    return text + "]";
}

const Hash& topic(const VrfRequest& request, std::size_t index) {
    if (index < request.topics.size()) return request.topics[index];
    throw TaskAbort("runtime error: index out of range [" + std::to_string(index) + "] with length " +
                    std::to_string(request.topics.size()));
}

/// The job is named by its id in either of two forms, in topic 0 or 1.
std::optional<Failure> check_job(const VrfRequest& request, const Hash& job) {
    if (topic(request, 0) == job || topic(request, 1) == job) return std::nullopt;
    return Failure{"request jobID " + byte_list(job.view()) + " doesn't match expected " +
                   byte_list(topic(request, 0).view()) + " or " + byte_list(topic(request, 1).view())};
}

}  // namespace

TaskResult run_vrf(const TaskContext& context) {
    const auto request = read_vrf_request(context);
    if (!request) return TaskResult::failed(request.error());
    const auto key_hash = log_word(*request, "keyHash");
    if (!key_hash) return TaskResult::failed(bad_input("invalid keyHash"));
    const auto* pre_seed = log_entry<BigInt>(*request, "seed");
    if (pre_seed == nullptr) return TaskResult::failed(bad_input("invalid preSeed"));
    const auto job = log_word(*request, "jobID");
    if (!job) return TaskResult::failed(bad_input("invalid requestJobID"));
    const auto seed = check_vrf_key(*request, *key_hash, *pre_seed);
    if (!seed) return TaskResult::failed(seed.error());
    if (auto refused = check_job(*request, *job)) return TaskResult::failed(std::move(*refused));
    const auto proof = prove_request(context, *request, *seed);
    if (!proof) return TaskResult::failed(proof.error());
    Bytes response = crypto::solidity_proof(*proof, seed->pre_seed);
    append_word(response, BigInt(request->block_number));
    return TaskResult::success(to_0x(response));
}

}  // namespace baton::pipeline
