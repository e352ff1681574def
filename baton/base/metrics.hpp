#pragma once

#include <map>
#include <string>

namespace baton {

using MetricLabels = std::map<std::string, std::string>;

/// Where numbers go; names and labels as in reference/metrics.md. Implemented over prometheus-cpp in app. Any
/// thread. A metric comes into being with its first use.
class Metrics {
  public:
    /// One number with its labels, found once: changing it looks for nothing. Good as long as its Metrics;
    /// any thread.
    class Number {
      public:
        using Change = void (*)(void* number, double value);
        /// None yet.
        Number() = default;
        Number(void* number, Change change) : number_(number), change_(change) {}
        explicit operator bool() const { return change_ != nullptr; }
        /// Adds to a counter, sets a gauge. REQUIRES: it is one.
        void report(double value) const { change_(number_, value); }

      private:
        void* number_ = nullptr;
        Change change_ = nullptr;
    };

    virtual ~Metrics() = default;
    virtual Number counter(const std::string& name, const MetricLabels& labels = {}) = 0;
    virtual Number gauge(const std::string& name, const MetricLabels& labels = {}) = 0;
    /// Buckets are those that reference/metrics.md names for the histogram.
    virtual void observe(const std::string& histogram, double value, const MetricLabels& labels = {}) = 0;

    void add(const std::string& name, double amount = 1, const MetricLabels& labels = {}) {
        counter(name, labels).report(amount);
    }
    void set(const std::string& name, double value, const MetricLabels& labels = {}) {
        gauge(name, labels).report(value);
    }
    /// Drops everything; lives for ever.
    static Metrics& none();
};

}  // namespace baton
