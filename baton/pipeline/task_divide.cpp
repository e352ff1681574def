#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <stdexcept>

namespace baton::pipeline {

TaskResult run_divide(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, -1, -1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const Decimal input =
        params.get({"input", {Getter::var, Getter::text, Getter::input0}}, to_decimal_param);
    const Decimal divisor = params.get({"divisor", {Getter::var, Getter::text}}, to_decimal_param);
    const auto precision = params.get({"precision", {Getter::var, Getter::raw}}, to_maybe_int32);
    if (params.failed()) return params.result();
    if (divisor.is_zero()) return TaskResult::failed({std::string(sentinel::divide_by_zero)});
    try {
        return TaskResult::success(input.divide(divisor, precision.value_or(default_division_places)));
    } catch (const std::overflow_error& error) {
        return TaskResult::failed({error.what()});
    }
}

}  // namespace baton::pipeline
