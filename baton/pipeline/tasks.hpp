#pragma once

#include "baton/pipeline/task.hpp"

namespace baton::pipeline {

// One function per task kind, each in task_<kind>.cpp; what they do is section 19 of reference/pipeline.md.

TaskResult run_any(const TaskContext& context);
TaskResult run_base64decode(const TaskContext& context);
TaskResult run_base64encode(const TaskContext& context);
async::Task<TaskResult> run_bridge(TaskContext context);
TaskResult run_cborparse(const TaskContext& context);
TaskResult run_conditional(const TaskContext& context);
TaskResult run_divide(const TaskContext& context);
async::Task<TaskResult> run_estimategaslimit(TaskContext context);
TaskResult run_ethabidecode(const TaskContext& context);
TaskResult run_ethabidecodelog(const TaskContext& context);
TaskResult run_ethabiencode(const TaskContext& context);
TaskResult run_ethabiencode2(const TaskContext& context);
async::Task<TaskResult> run_ethcall(TaskContext context);
async::Task<TaskResult> run_ethgetblock(TaskContext context);
TaskResult run_ethtx(const TaskContext& context);
TaskResult run_fail(const TaskContext& context);
TaskResult run_hexdecode(const TaskContext& context);
TaskResult run_hexencode(const TaskContext& context);
async::Task<TaskResult> run_http(TaskContext context);
TaskResult run_jsonparse(const TaskContext& context);
TaskResult run_length(const TaskContext& context);
TaskResult run_lessthan(const TaskContext& context);
TaskResult run_lookup(const TaskContext& context);
TaskResult run_lowercase(const TaskContext& context);
TaskResult run_mean(const TaskContext& context);
TaskResult run_median(const TaskContext& context);
TaskResult run_memo(const TaskContext& context);
TaskResult run_merge(const TaskContext& context);
TaskResult run_mode(const TaskContext& context);
TaskResult run_multiply(const TaskContext& context);
TaskResult run_panic(const TaskContext& context);
TaskResult run_sum(const TaskContext& context);
TaskResult run_uppercase(const TaskContext& context);
TaskResult run_vrf(const TaskContext& context);
TaskResult run_vrfv2(const TaskContext& context);

std::shared_ptr<const Prepared> prepare_ethabidecodelog(const Task& task);
std::shared_ptr<const Prepared> prepare_ethabiencode(const Task& task);
std::shared_ptr<const Prepared> prepare_ethabiencode2(const Task& task);

}  // namespace baton::pipeline
