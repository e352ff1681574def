#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_lessthan(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const Decimal left = params.get({"left", {Getter::var, Getter::text, Getter::input0}}, to_decimal_param);
    const Decimal right = params.get({"right", {Getter::var, Getter::text}}, to_decimal_param);
    if (params.failed()) return params.result();
    return TaskResult::success(left.compare(right) < 0);
}

}  // namespace baton::pipeline
