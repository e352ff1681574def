#include "baton/pipeline/abi_call.hpp"

#include "baton/codec/json.hpp"
#include "baton/crypto/keccak.hpp"
#include "baton/pipeline/params.hpp"

#include <algorithm>

namespace baton::pipeline {

using codec::Value;

namespace {

/// Both tasks report under the name of the first.
Failure encode_failure(std::string_view reason) {
    return bad_input("ETHABIEncode: " + std::string(reason));
}

Bytes selector_of(const codec::AbiSignature& signature) {
    if (signature.name.empty()) return {};
    const std::string canonical = signature.canonical();
    const Hash hash = crypto::keccak256(as_bytes(canonical));
    return {hash.bytes.begin(), hash.bytes.begin() + 4};
}

/// `data` may be nullptr.
Result<std::vector<Value>> convert_arguments(const codec::AbiArguments& arguments, const codec::Map* data) {
    static const codec::Map none;
    const codec::Map& members = data == nullptr ? none : *data;
    std::vector<Value> values;
    values.reserve(arguments.size());
    for (const codec::AbiArgument& argument : arguments) {
        const auto member = members.find(argument.name);
        if (member == members.end()) return encode_failure("argument '" + argument.name + "' is missing");
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

std::shared_ptr<const Prepared> prepare_call(
    const Task& task, const std::function<codec::AbiSignature(const std::string&)>& parse) {
    const Attribute* const abi = task.attribute("abi");
    if (abi == nullptr || abi->trimmed.empty()) return nullptr;
    auto prepared = std::make_shared<CallSignature>();
    try {
        prepared->signature = parse(abi->trimmed);
        prepared->selector = selector_of(prepared->signature);
    } catch (const InvalidInput& error) {
        prepared->fault = encode_failure("while parsing ABI string: " + std::string(error.what()));
    }
    const auto& arguments = prepared->signature.arguments;
    if (std::ranges::any_of(arguments, [](const auto& argument) { return argument.name.empty(); })) {
        prepared->fault = encode_failure("bad ABI specification, missing argument name");
    }
    return prepared;
}

TaskResult encode_call(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, -1, -1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const auto data = params.get({"data", {Getter::var, Getter::json}, Value()}, to_map);
    params.get({"abi", {Getter::text}}, to_text);
    if (params.failed()) return params.result();
    const auto& prepared = static_cast<const CallSignature&>(*context.task.prepared);
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
