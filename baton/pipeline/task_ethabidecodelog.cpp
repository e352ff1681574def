#include "baton/codec/abi.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

namespace {

/// The literal event signature, parsed; or why it cannot be.
struct LogSignature : Prepared {
    std::optional<Failure> fault;
    codec::AbiArguments arguments;
};

}  // namespace

std::shared_ptr<const Prepared> prepare_ethabidecodelog(const Task& task) {
    const Attribute* const abi = task.attribute("abi");
    if (abi == nullptr || abi->trimmed.empty()) return nullptr;
    auto prepared = std::make_shared<LogSignature>();
    try {
        prepared->arguments = codec::parse_abi_signature(abi->trimmed, true).arguments;
    } catch (const codec::AbiError& error) {
        prepared->fault = bad_input(error.what());
    }
    return prepared;
}

TaskResult run_ethabidecodelog(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, -1, -1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const BytesParam data = params.get({"data", {Getter::var}, codec::Value()}, to_bytes_param);
    const auto topics = params.get({"topics", {Getter::var}}, to_hashes);
    params.get({"abi", {Getter::text}}, to_text);
    if (params.failed()) return params.result();
    const auto& prepared = static_cast<const LogSignature&>(*context.task.prepared);
    if (prepared.fault) return TaskResult::failed(*prepared.fault);
    try {
        const std::vector<Hash> none;
        auto decoded = codec::abi_decode_log(prepared.arguments, data.view(), topics ? *topics : none);
        return TaskResult::success(codec::Value::map(std::move(decoded)));
    } catch (const codec::AbiError& error) {
        return TaskResult::failed(bad_input(error.what()));
    }
}

}  // namespace baton::pipeline
