#include "baton/pipeline/abi_call.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

std::shared_ptr<const Prepared> prepare_ethabiencode2(const Task& task) {
    return prepare_call(task, [](const std::string& text) { return codec::parse_abi_json(text); });
}

TaskResult run_ethabiencode2(const TaskContext& context) {
    return encode_call(context);
}

}  // namespace baton::pipeline
