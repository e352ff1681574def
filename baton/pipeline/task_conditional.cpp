#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_conditional(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const bool data = params.get({"data", {Getter::var, Getter::input0}}, to_bool);
    if (params.failed()) return params.result();
    if (!data) return TaskResult::failed({"conditional was not satisfied"});
    return TaskResult::success(true);
}

}  // namespace baton::pipeline
