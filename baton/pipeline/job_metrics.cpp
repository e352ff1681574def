#include "baton/pipeline/job_metrics.hpp"

#include <utility>

namespace baton::pipeline {

JobMetrics::JobMetrics(Metrics& metrics, std::size_t tasks, std::int32_t job_id, std::string job_name)
    : metrics_(metrics), job_id_(job_id), job_name_(std::move(job_name)), tasks_(tasks) {}

MetricLabels JobMetrics::labels() const {
    return {{"job_id", std::to_string(job_id_)}, {"job_name", job_name_}};
}

MetricLabels JobMetrics::labels(const Task& task) const {
    auto all = labels();
    all.emplace("task_id", task.dot_id);
    all.emplace("task_type", task.type->recorded);
    return all;
}

void JobMetrics::attempt_ended(const Task& task, std::chrono::nanoseconds took, bool errored) {
    OfTask& numbers = tasks_[task.id];
    if (!numbers.time) numbers.time = metrics_.gauge("pipeline_task_execution_time", labels(task));
    numbers.time.report(static_cast<double>(took.count()));
    Metrics::Number& finished = errored ? numbers.errored : numbers.completed;
    if (!finished) {
        auto with_status = labels(task);
        with_status.emplace("status", errored ? "error" : "completed");
        finished = metrics_.counter("pipeline_tasks_total_finished", with_status);
    }
    finished.report(1);
}

void JobMetrics::run_ended(std::chrono::nanoseconds took) {
    if (!run_time_) run_time_ = metrics_.gauge("pipeline_run_total_time_to_completion", labels());
    run_time_.report(static_cast<double>(took.count()));
}

void JobMetrics::run_errored() {
    if (!run_errors_) run_errors_ = metrics_.counter("pipeline_run_errors", labels());
    run_errors_.report(1);
}

}  // namespace baton::pipeline
