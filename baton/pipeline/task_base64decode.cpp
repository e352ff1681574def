#include "baton/base/base64.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_base64decode(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const std::string input = params.get({"input", {Getter::var, Getter::text, Getter::input0}}, to_text);
    if (params.failed()) return params.result();
    auto decoded = decode_base64(input);
    if (const auto* fault = std::get_if<Base64Fault>(&decoded)) {
        return TaskResult::failed(
            failure("failed to decode base64 string",
                    "illegal base64 data at input byte " + std::to_string(fault->offset)));
    }
    return TaskResult::success(std::get<Bytes>(std::move(decoded)));
}

}  // namespace baton::pipeline
