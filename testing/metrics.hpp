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

    void add(const std::string& counter, double amount, const MetricLabels& labels) override {
        counters[{counter, labels}] += amount;
    }
    void set(const std::string& gauge, double value, const MetricLabels& labels) override {
        gauges[{gauge, labels}] = value;
    }
    void observe(const std::string& histogram, double value, const MetricLabels& labels) override {
        observed[{histogram, labels}].push_back(value);
    }

    std::map<Key, double> counters;
    std::map<Key, double> gauges;
    std::map<Key, std::vector<double>> observed;
};

}  // namespace baton::test
