#include "baton/pipeline/vrf_request.hpp"

#include "baton/crypto/keccak.hpp"

namespace baton::pipeline {

using codec::Value;

Result<VrfRequest> read_vrf_request(const TaskContext& context) {
    if (context.inputs.size() != 1) return Failure{std::string(sentinel::wrong_input_count)};
    const Value& input = *context.inputs[0];
    if (input.error_or_null() != nullptr) return Failure{std::string(sentinel::input_task_errored)};
    VrfRequest request;
    request.log = input.map_or_null();
    if (request.log == nullptr) return bad_input("expected map input");
    Params params(context);
    request.public_key = params.get({"publicKey", {Getter::var}}, to_bytes_param).copy();
    request.block_hash = params.get({"requestBlockHash", {Getter::var}}, to_bytes_param).copy();
    request.block_number = params.get({"requestBlockNumber", {Getter::var}}, to_uint64);
    request.topics = params.get({"topics", {Getter::var}}, to_hashes).value_or(std::vector<Hash>());
    if (params.failed()) return params.failure_text();
    return request;
}

std::optional<Hash> log_word(const VrfRequest& request, std::string_view name) {
    const auto* word = log_entry<codec::FixedBytesValue>(request, name);
    if (word == nullptr || word->bytes.size() != Hash::size()) return std::nullopt;
    return hash_from(word->bytes);
}

Result<VrfSeed> check_vrf_key(const VrfRequest& request, const Hash& key_hash, const BigInt& pre_seed) {
    VrfSeed seed;
    if (request.public_key.size() != crypto::VrfKeyId::size()) {
        return Failure{"failed to create PublicKey from bytes wrong length for public key: " +
                       std::string(as_text(request.public_key)) + " of length " +
                       std::to_string(request.public_key.size())};
    }
    std::copy(request.public_key.begin(), request.public_key.end(), seed.key.bytes.begin());
    const auto key = crypto::vrf_public_key(seed.key);
    if (!key) throw TaskAbort("Failed to compute hash of public vrf key " + to_0x(seed.key.view()));
    const Hash expected = crypto::vrf_key_hash(*key);
    if (key_hash != expected) {
        return Failure{"invalid key hash " + to_hex(key_hash.view()) + " expected " +
                       to_hex(expected.view())};
    }
    if (pre_seed < 0) throw TaskAbort("failed to round-trip uint256 back to source big.Int");
    if (to_big_endian(pre_seed).size() > Hash::size()) {
        std::string zeros = "[0";
        for (std::size_t i = 1; i < Hash::size(); ++i)
            zeros += " 0";
        return Failure{"unable to parse preseed " + zeros + "]"};
    }
    seed.pre_seed = hash_from(to_big_endian(pre_seed, Hash::size()));
    return seed;
}

Result<crypto::VrfProof> prove_request(const TaskContext& context, const VrfRequest& request,
                                       const VrfSeed& seed) {
    if (request.block_hash.size() != Hash::size()) {
        return Failure{"invalid BlockHash length " + std::to_string(request.block_hash.size()) +
                       " expected " + std::to_string(Hash::size())};
    }
    const Hash final_seed = crypto::keccak256({seed.pre_seed.view(), BytesView(request.block_hash)});
    try {
        return context.run.environment.prove(seed.key, final_seed);
    } catch (const Error& error) {
        return Failure{error.what()};
    }
}

void append_word(Bytes& words, const BigInt& number) {
    const Bytes word = to_big_endian(number, Hash::size());
    words.insert(words.end(), word.begin(), word.end());
}

}  // namespace baton::pipeline
