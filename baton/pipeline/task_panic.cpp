#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_panic(const TaskContext& context) {
    const Attribute* const text = context.task.attribute("msg");
    throw TaskAbort(text == nullptr ? std::string() : text->text);
}

}  // namespace baton::pipeline
