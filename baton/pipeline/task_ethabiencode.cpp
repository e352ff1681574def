#include "baton/codec/abi.hpp"
#include "baton/crypto/keccak.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

using codec::Value;

namespace {

constexpr std::string_view task_name = "ETHABIEncode";

Failure encode_failure(std::string_view reason) {
    return bad_input(std::string(task_name) + ": " + std::string(reason));
}

/// The literal signature, parsed, with its selector; or why it cannot be.
struct EncodeSignature : Prepared {
    std::optional<Failure> fault;
    codec::AbiSignature signature;
    Bytes selector;
};

Result<std::vector<Value>> convert_arguments(const codec::AbiArguments& arguments, const codec::Map* data) {
    std::vector<Value> values;
    values.reserve(arguments.size());
    for (const codec::AbiArgument& argument : arguments) {
        const auto member = data == nullptr ? codec::Map::const_iterator() : data->find(argument.name);
        if (data == nullptr || member == data->end()) {
            return encode_failure("argument '" + argument.name + "' is missing");
        }
        try {
            values.push_back(codec::abi_convert(member->second, argument.type));
        } catch (const codec::AbiConversionError& error) {
            return encode_failure("while converting argument '" + argument.name + "' from " +
                                  error.from_kind() + " to " + argument.type.canonical + ": " + error.what());
        }
    }
    return values;
}

}  // namespace

std::shared_ptr<const Prepared> prepare_ethabiencode(const Task& task) {
    const Attribute* const abi = task.attribute("abi");
    if (abi == nullptr || abi->trimmed.empty()) return nullptr;
    auto prepared = std::make_shared<EncodeSignature>();
    try {
        prepared->signature = codec::parse_abi_signature(abi->trimmed, false);
        if (!prepared->signature.name.empty()) {
            const std::string canonical = prepared->signature.canonical();
            const Hash hash = crypto::keccak256(as_bytes(canonical));
            prepared->selector.assign(hash.bytes.begin(), hash.bytes.begin() + 4);
        }
    } catch (const codec::AbiError& error) {
        prepared->fault = encode_failure("while parsing ABI string: " + std::string(error.what()));
    }
    return prepared;
}

TaskResult run_ethabiencode(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, -1, -1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    params.get({"abi", {Getter::text}}, to_text);
    const auto data = params.get({"data", {Getter::var, Getter::json}, Value()}, to_map);
    if (params.failed()) return params.result();
    const auto& prepared = static_cast<const EncodeSignature&>(*context.task.prepared);
    if (prepared.fault) return TaskResult::failed(*prepared.fault);
    try {
        const auto values = convert_arguments(prepared.signature.arguments, data.get());
        if (!values) return TaskResult::failed(values.error());
        const Bytes encoded = codec::abi_encode(prepared.signature.arguments, *values);
        Bytes call = prepared.selector;
        call.insert(call.end(), encoded.begin(), encoded.end());
        return TaskResult::success(to_0x(call));
    } catch (const codec::AbiAbort& abort) {
        throw TaskAbort(abort.what());
    } catch (const codec::AbiError& error) {
        return TaskResult::failed(
            encode_failure("could not ABI encode values: " + std::string(error.what())));
    }
}

}  // namespace baton::pipeline
