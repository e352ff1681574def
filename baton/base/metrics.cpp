#include "baton/base/metrics.hpp"

namespace baton {

namespace {

class NoMetrics final : public Metrics {
  public:
    Number counter(const std::string&, const MetricLabels&) override { return nothing(); }
    Number gauge(const std::string&, const MetricLabels&) override { return nothing(); }
    void observe(const std::string&, double, const MetricLabels&) override {}

  private:
    static Number nothing() {
        return {nullptr, [](void*, double) {}};
    }
};

}  // namespace

Metrics& Metrics::none() {
    static NoMetrics metrics;
    return metrics;
}

}  // namespace baton
