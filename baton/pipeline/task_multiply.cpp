#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <stdexcept>

namespace baton::pipeline {

TaskResult run_multiply(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const Decimal input =
        params.get({"input", {Getter::var, Getter::text, Getter::input0}}, to_decimal_param);
    const Decimal times = params.get({"times", {Getter::var, Getter::text}}, to_decimal_param);
    if (params.failed()) return params.result();
    try {
        return TaskResult::success(input * times);
    } catch (const std::overflow_error& error) {
        return TaskResult::failed({error.what()});
    }
}

}  // namespace baton::pipeline
