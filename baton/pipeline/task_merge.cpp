#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_merge(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const auto left =
        params.get({"left", {Getter::var, Getter::json, Getter::input0}, std::nullopt, "left-side"}, to_map);
    const auto right = params.get({"right", {Getter::var, Getter::json}, std::nullopt, "right-side"}, to_map);
    if (params.failed()) return params.result();
    if (right != nullptr && left != right) {
        if (left == nullptr && !right->empty()) throw TaskAbort("assignment to entry in nil map");
        // In place: whoever holds the left map sees it merged.
        for (const auto& [key, value] : *right)
            left->insert_or_assign(key, value);
    }
    if (left == nullptr) return TaskResult::success(codec::Value());
    return TaskResult::success(left);
}

}  // namespace baton::pipeline
