#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_memo(const TaskContext& context) {
    if (const auto refused = check_inputs(context.inputs, 0, 1)) {
        // Under another name than everywhere else.
        constexpr std::string_view usual = "task inputs: ";
        return TaskResult::failed(
            failure("task value missing", std::string_view(refused->text).substr(usual.size())));
    }
    Params params(context);
    codec::Value value = params.get({"value", {Getter::json, Getter::input0}}, to_memo);
    if (params.failed()) return params.result();
    return TaskResult::success(std::move(value));
}

}  // namespace baton::pipeline
