#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_lookup(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 1, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const std::string key = params.get({"key", {Getter::raw}}, to_text);
    if (params.failed()) return params.result();
    const codec::Value& input = *context.inputs.front();
    const codec::Map* const map = input.map_or_null();
    if (map == nullptr) return TaskResult::failed(failure("unexpected input type", input.go_kind()));
    const auto member = map->find(key);
    return TaskResult::success(member == map->end() ? codec::Value() : member->second);
}

}  // namespace baton::pipeline
