#include "baton/codec/cbor.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_cborparse(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, -1, -1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const BytesParam data = params.get({"data", {Getter::var}}, to_bytes_param);
    const std::string mode = params.get({"mode", {Getter::text}, codec::Value("diet")}, to_text);
    if (params.failed()) return params.result();
    try {
        if (mode == "diet") return TaskResult::success(codec::read_cbor_diet(data.view()));
        if (mode == "standard") return TaskResult::success(codec::read_cbor_standard(data.view()));
    } catch (const codec::CborError& error) {
        return TaskResult::failed(bad_input("CBORParse: data: " + std::string(error.what())));
    }
    return TaskResult::failed(failure("unrecognised mode", mode));
}

}  // namespace baton::pipeline
