#include "baton/pipeline/tasks.hpp"
#include "baton/pipeline/vrf_request.hpp"

namespace baton::pipeline {

using codec::Value;

namespace {

/// What the coordinator compares with what it stored when the request was made.
struct Commitment {
    std::uint64_t block_number = 0;
    std::uint64_t sub_id = 0;
    std::uint32_t callback_gas_limit = 0;
    std::uint32_t num_words = 0;
    Address sender;
};

/// The first entry that is missing or of another kind is the one that is named.
template <typename T>
void take(const VrfRequest& request, std::string_view name, T& into, std::optional<Failure>& refused) {
    if (refused) return;
    const T* const entry = log_entry<T>(request, name);
    if (entry == nullptr) {
        refused = bad_input("invalid " + std::string(name));
    } else {
        into = *entry;
    }
}

Value point(const crypto::PublicKey& of) {
    return Value::typed_list("bigint",
                             {from_big_endian(of.view().first(32)), from_big_endian(of.view().last(32))}, 2);
}

Value proof_tuple(const crypto::VrfProof& proof, const Hash& pre_seed) {
    return Value::tuple({{"Pk", point(proof.key)},
                         {"Gamma", point(proof.gamma)},
                         {"C", from_big_endian(proof.c.view())},
                         {"S", from_big_endian(proof.s.view())},
                         {"Seed", from_big_endian(pre_seed.view())},
                         {"UWitness", proof.u_witness},
                         {"CGammaWitness", point(proof.c_gamma)},
                         {"SHashWitness", point(proof.s_hash)},
                         {"ZInv", from_big_endian(proof.z_inverse.view())}});
}

Value commitment_tuple(const Commitment& commitment) {
    return Value::tuple({{"BlockNum", commitment.block_number},
                         {"SubId", commitment.sub_id},
                         {"CallbackGasLimit", commitment.callback_gas_limit},
                         {"NumWords", commitment.num_words},
                         {"Sender", commitment.sender}});
}

/// Both arguments are static tuples, so the call is selector and words.
Bytes fulfilment(const crypto::VrfProof& proof, const Hash& pre_seed, const Commitment& commitment) {
    // fulfillRandomWords(((uint256[2],uint256[2],uint256,uint256,uint256,address,uint256[2],uint256[2],uint256),
    // (uint64,uint64,uint32,uint32,address)))
    Bytes call{0xaf, 0x19, 0x8b, 0x97};
    const Bytes words = crypto::solidity_proof(proof, pre_seed);
    call.insert(call.end(), words.begin(), words.end());
    append_word(call, BigInt(commitment.block_number));
    append_word(call, BigInt(commitment.sub_id));
    append_word(call, BigInt(commitment.callback_gas_limit));
    append_word(call, BigInt(commitment.num_words));
    append_word(call, from_big_endian(commitment.sender.view()));
    return call;
}

}  // namespace

TaskResult run_vrfv2(const TaskContext& context) {
    const auto request = read_vrf_request(context);
    if (!request) return TaskResult::failed(request.error());
    const auto key_hash = log_word(*request, "keyHash");
    if (!key_hash) return TaskResult::failed(bad_input("invalid keyHash"));
    BigInt pre_seed;
    BigInt request_id;
    Commitment commitment;
    commitment.block_number = request->block_number;
    std::optional<Failure> refused;
    take(*request, "preSeed", pre_seed, refused);
    take(*request, "requestId", request_id, refused);
    take(*request, "subId", commitment.sub_id, refused);
    take(*request, "callbackGasLimit", commitment.callback_gas_limit, refused);
    take(*request, "numWords", commitment.num_words, refused);
    take(*request, "sender", commitment.sender, refused);
    if (refused) return TaskResult::failed(std::move(*refused));
    const auto seed = check_vrf_key(*request, *key_hash, pre_seed);
    if (!seed) return TaskResult::failed(seed.error());
    const bool right_length = request->block_hash.size() == Hash::size();
    const auto proof = prove_request(context, *request, *seed);
    if (!proof) return TaskResult::failed(proof.error(), right_length);
    const BigInt magnitude = request_id < 0 ? BigInt(-request_id) : request_id;
    return TaskResult::success(Value::map({{"output", to_0x(fulfilment(*proof, seed->pre_seed, commitment))},
                                           {"requestID", to_0x(to_big_endian(magnitude))},
                                           {"proof", proof_tuple(*proof, seed->pre_seed)},
                                           {"requestCommitment", commitment_tuple(commitment)}}));
}

}  // namespace baton::pipeline
