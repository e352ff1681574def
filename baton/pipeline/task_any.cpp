#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <algorithm>

namespace baton::pipeline {

TaskResult run_any(const TaskContext& context) {
    if (context.inputs.empty()) {
        return TaskResult::failed(failure("AnyTask requires at least 1 input", sentinel::wrong_input_count));
    }
    std::vector<const codec::Value*> answers;
    std::ranges::copy_if(context.inputs, std::back_inserter(answers),
                         [](const codec::Value* input) { return input->error_or_null() == nullptr; });
    if (answers.empty()) return TaskResult::failed(bad_input("There were zero non-errored inputs"));
    return TaskResult::success(*answers[context.run.random.below(answers.size())]);
}

}  // namespace baton::pipeline
