#include "baton/pipeline/abi_call.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

std::shared_ptr<const Prepared> prepare_ethabiencode(const Task& task) {
    return prepare_call(task,
                        [](const std::string& text) { return codec::parse_abi_signature(text, false); });
}

TaskResult run_ethabiencode(const TaskContext& context) {
    return encode_call(context);
}

}  // namespace baton::pipeline
