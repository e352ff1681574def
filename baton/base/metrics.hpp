#pragma once

#include <map>
#include <string>

namespace baton {

using MetricLabels = std::map<std::string, std::string>;

/// Where numbers go; names and labels as in reference/metrics.md. Implemented over prometheus-cpp in app. Any
/// thread. A metric comes into being with its first use.
class Metrics {
  public:
    virtual ~Metrics() = default;
    virtual void add(const std::string& counter, double amount = 1, const MetricLabels& labels = {}) = 0;
    virtual void set(const std::string& gauge, double value, const MetricLabels& labels = {}) = 0;
    /// Buckets are those that reference/metrics.md names for the histogram.
    virtual void observe(const std::string& histogram, double value, const MetricLabels& labels = {}) = 0;
    /// Drops everything; lives for ever.
    static Metrics& none();
};

}  // namespace baton
