#pragma once

#include "baton/pipeline/task.hpp"

namespace baton::pipeline {

// One function per task kind, each in task_<kind>.cpp; what they do is section 19 of reference/pipeline.md.

TaskResult run_cborparse(const TaskContext& context);
TaskResult run_ethabidecodelog(const TaskContext& context);
TaskResult run_ethabiencode(const TaskContext& context);
TaskResult run_ethtx(const TaskContext& context);
async::Task<TaskResult> run_http(TaskContext context);
TaskResult run_jsonparse(const TaskContext& context);
TaskResult run_multiply(const TaskContext& context);

std::shared_ptr<const Prepared> prepare_ethabidecodelog(const Task& task);
std::shared_ptr<const Prepared> prepare_ethabiencode(const Task& task);

}  // namespace baton::pipeline
