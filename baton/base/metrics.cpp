#include "baton/base/metrics.hpp"

namespace baton {

namespace {

class NoMetrics final : public Metrics {
  public:
    void add(const std::string&, double, const MetricLabels&) override {}
    void set(const std::string&, double, const MetricLabels&) override {}
    void observe(const std::string&, double, const MetricLabels&) override {}
};

}  // namespace

Metrics& Metrics::none() {
    static NoMetrics metrics;
    return metrics;
}

}  // namespace baton
