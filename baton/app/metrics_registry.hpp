#pragma once

#include "baton/base/metrics.hpp"

#include <memory>
#include <string>

namespace baton::app {

/// Metrics over prometheus-cpp, with names, help texts and histogram bounds of reference/metrics.md. Any
/// thread.
class MetricsRegistry final : public Metrics {
  public:
    MetricsRegistry();
    ~MetricsRegistry() override;
    Number counter(const std::string& name, const MetricLabels& labels) override;
    Number gauge(const std::string& name, const MetricLabels& labels) override;
    void observe(const std::string& histogram, double value, const MetricLabels& labels) override;

    /// The page of GET /metrics: text format 0.0.4, with process_* read at this moment.
    std::string page();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace baton::app
