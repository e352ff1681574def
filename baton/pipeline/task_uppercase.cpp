#include "baton/pipeline/letter_case.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_uppercase(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const std::string input = params.get({"input", {Getter::var, Getter::text, Getter::input0}}, to_text);
    if (params.failed()) return params.result();
    return TaskResult::success(to_upper_case(input));
}

}  // namespace baton::pipeline
