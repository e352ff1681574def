#include "baton/app/metrics_registry.hpp"

#include <gtest/gtest.h>

namespace baton::app {
namespace {

bool has(const std::string& page, const std::string& line) {
    return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricsRegistry, HasTheTypesOfV1) {
    MetricsRegistry metrics;
    metrics.add("version", 1, {{"version", "1.11.0"}});
    const auto page = metrics.page();
    for (const auto* line :
         {"# TYPE version counter", "# TYPE process_cpu_seconds_total counter",
          "# TYPE process_open_fds gauge", "# TYPE pipeline_runs_queued gauge", "pipeline_runs_queued 0",
          "log_error_count 0", "promhttp_metric_handler_requests_in_flight 1",
          "promhttp_metric_handler_requests_total{code=\"200\"} 0"})
        EXPECT_TRUE(has(page, line)) << line << "\n" << page;
    EXPECT_TRUE(has(metrics.page(), "promhttp_metric_handler_requests_total{code=\"200\"} 1"));
}

TEST(MetricsRegistry, NumbersWithTheSameLabelsAreTheSame) {
    MetricsRegistry metrics;
    const auto kept = metrics.counter("pipeline_run_errors", {{"job_id", "7"}});
    const auto time = metrics.gauge("pipeline_run_total_time_to_completion", {{"job_id", "7"}});
    kept.report(1);
    metrics.add("pipeline_run_errors", 2, {{"job_id", "7"}});
    time.report(5);
    metrics.set("pipeline_run_total_time_to_completion", 6, {{"job_id", "8"}});
    const auto page = metrics.page();
    for (const auto* line :
         {"pipeline_run_errors{job_id=\"7\"} 3", "pipeline_run_total_time_to_completion{job_id=\"7\"} 5",
          "pipeline_run_total_time_to_completion{job_id=\"8\"} 6"})
        EXPECT_TRUE(has(page, line)) << line << "\n" << page;
}

}  // namespace
}  // namespace baton::app
