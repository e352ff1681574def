#pragma once

#include "baton/base/metrics.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace baton::test {

/// Keeps what is reported, so that a test can look at it. One thread.
class CountingMetrics : public Metrics {
  public:
    using Key = std::pair<std::string, MetricLabels>;

    Number counter(const std::string& name, const MetricLabels& labels) override {
        return {&counters[{name, labels}],
                [](void* count, double amount) { *static_cast<double*>(count) += amount; }};
    }
    Number gauge(const std::string& name, const MetricLabels& labels) override {
        return {&gauges[{name, labels}],
                [](void* gauge, double value) { *static_cast<double*>(gauge) = value; }};
    }
    void observe(const std::string& histogram, double value, const MetricLabels& labels) override {
        observed[{histogram, labels}].push_back(value);
    }

    std::map<Key, double> counters;
    std::map<Key, double> gauges;
    std::map<Key, std::vector<double>> observed;
};

}  // namespace baton::test
