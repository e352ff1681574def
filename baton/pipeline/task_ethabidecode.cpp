#include "baton/codec/abi.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_ethabidecode(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const BytesParam data = params.get({"data", {Getter::var, Getter::input0}}, to_bytes_param);
    // Of kind bytes in v1.11.0: text that is hex would be decoded.
    const BytesParam abi = params.get({"abi", {Getter::text}}, to_bytes_param);
    if (params.failed()) return params.result();
    codec::AbiArguments arguments;
    try {
        arguments = codec::parse_abi_arguments(as_text(abi.view()), false);
    } catch (const codec::AbiError& error) {
        return TaskResult::failed(bad_input(error.what()));
    }
    if (data.view().empty()) return TaskResult::success(codec::Value::map({}));
    try {
        return TaskResult::success(codec::Value::map(codec::abi_decode_map(arguments, data.view())));
    } catch (const codec::AbiError& error) {
        return TaskResult::failed({error.what()});
    }
}

}  // namespace baton::pipeline
