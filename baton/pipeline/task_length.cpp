#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_length(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const BytesParam input =
        params.get({"input", {Getter::var, Getter::text, Getter::input0}}, to_bytes_param);
    if (params.failed()) return params.result();
    return TaskResult::success(Decimal(BigInt(input.view().size())));
}

}  // namespace baton::pipeline
