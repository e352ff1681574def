#pragma once

#include "baton/base/metrics.hpp"
#include "baton/pipeline/graph.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace baton::pipeline {

/// What a job's runs report. Each number is looked up when it first comes up: making its labels and finding
/// it by them costs as much as a small task. One thread.
class JobMetrics {
  public:
    /// `metrics` outlives it.
    JobMetrics(Metrics& metrics, std::size_t tasks, std::int32_t job_id, std::string job_name);

    const std::string& job_name() const { return job_name_; }
    void attempt_ended(const Task& task, std::chrono::nanoseconds took, bool errored);
    void run_ended(std::chrono::nanoseconds took);
    void run_errored();

  private:
    struct OfTask {
        Metrics::Number time, completed, errored;
    };
    MetricLabels labels() const;
    MetricLabels labels(const Task& task) const;

    Metrics& metrics_;
    std::int32_t job_id_;
    std::string job_name_;
    Metrics::Number run_time_, run_errors_;
    /// By task id.
    std::vector<OfTask> tasks_;
};

}  // namespace baton::pipeline
