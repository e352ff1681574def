#include "baton/app/metrics_registry.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <utility>

namespace baton::app {

namespace {

constexpr const char* page_requests = "promhttp_metric_handler_requests_total";

/// Histogram bounds by name; nanoseconds unless the name says otherwise (reference/metrics.md).
std::vector<double> bounds_of(const std::string& name) {
    constexpr double ms = 1e6, s = 1e9, m = 60e9;
    if (name == "sql_query_timeout_percent") return {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};
    if (name == "tx_manager_time_until_tx_broadcast")
        return {500 * ms, 1 * s, 5 * s, 15 * s, 30 * s, 1 * m, 2 * m};
    if (name == "tx_manager_time_until_tx_confirmed")
        return {500 * ms, 1 * s, 5 * s, 15 * s, 30 * s, 1 * m, 2 * m, 5 * m, 10 * m};
    if (name == "tx_manager_blocks_until_tx_confirmed") return {1, 5, 10, 20, 50, 100};
    if (name == "evm_pool_rpc_node_rpc_call_time")
        return {50 * ms, 100 * ms, 200 * ms, 500 * ms, 1 * s, 2 * s, 4 * s, 8 * s};
    if (name == "leadership_takeover_seconds")
        return {.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30};
    return {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
}

struct ProcessNumbers {
    double cpu_seconds = 0, open_fds = 0, max_fds = 0, resident = 0, virtual_size = 0, virtual_most = 0;
};

ProcessNumbers read_process() {
    ProcessNumbers numbers;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    numbers.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) numbers.max_fds = static_cast<double>(limit.rlim_cur);
    if (getrlimit(RLIMIT_AS, &limit) == 0) numbers.virtual_most = static_cast<double>(limit.rlim_cur);
    std::error_code error;
    for ([[maybe_unused]] const auto& fd : std::filesystem::directory_iterator("/proc/self/fd", error))
        ++numbers.open_fds;
    std::ifstream statm("/proc/self/statm");
    double pages = 0, resident = 0;
    if (statm >> pages >> resident) {
        const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
        numbers.virtual_size = pages * page;
        numbers.resident = resident * page;
    }
    return numbers;
}

}  // namespace

struct MetricsRegistry::Impl {
    prometheus::Registry registry;
    std::mutex mutex;
    std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
    std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;
    struct Histograms {
        prometheus::Family<prometheus::Histogram>* family = nullptr;
        std::vector<double> bounds;
    };
    std::map<std::string, Histograms> histograms;
    double counted_cpu_seconds = 0;
    double started =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();

    prometheus::Family<prometheus::Counter>& counter(const std::string& name) {
        auto& family = counters[name];
        if (!family) family = &prometheus::BuildCounter().Name(name).Register(registry);
        return *family;
    }
    prometheus::Family<prometheus::Gauge>& gauge(const std::string& name) {
        auto& family = gauges[name];
        if (!family) family = &prometheus::BuildGauge().Name(name).Register(registry);
        return *family;
    }
    prometheus::Histogram& histogram(const std::string& name, const MetricLabels& labels) {
        auto& known = histograms[name];
        if (!known.family)
            known = {&prometheus::BuildHistogram().Name(name).Register(registry), bounds_of(name)};
        return known.family->Add(labels, known.bounds);
    }
};

MetricsRegistry::MetricsRegistry() : impl_(std::make_unique<Impl>()) {
    for (const char* name :
         {"log_warn_count", "log_error_count", "log_critical_count", "log_panic_count", "log_fatal_count"})
        add(name, 0, {});
    set("process_start_time_seconds", impl_->started, {});
    // Whatever runs is executed at once: no queue.
    set("pipeline_runs_queued", 0, {});
    set("pipeline_task_runs_queued", 0, {});
    for (const char* code : {"200", "500", "503"})
        add(page_requests, 0, {{"code", code}});
}

MetricsRegistry::~MetricsRegistry() = default;

Metrics::Number MetricsRegistry::counter(const std::string& name, const MetricLabels& labels) {
    const std::lock_guard guard(impl_->mutex);
    return {&impl_->counter(name).Add(labels), [](void* counter, double amount) {
                static_cast<prometheus::Counter*>(counter)->Increment(amount);
            }};
}

Metrics::Number MetricsRegistry::gauge(const std::string& name, const MetricLabels& labels) {
    const std::lock_guard guard(impl_->mutex);
    return {&impl_->gauge(name).Add(labels),
            [](void* gauge, double value) { static_cast<prometheus::Gauge*>(gauge)->Set(value); }};
}

void MetricsRegistry::observe(const std::string& histogram, double value, const MetricLabels& labels) {
    const std::lock_guard guard(impl_->mutex);
    impl_->histogram(histogram, labels).Observe(value);
}

std::string MetricsRegistry::page() {
    const auto process = read_process();
    const double before = std::exchange(impl_->counted_cpu_seconds, process.cpu_seconds);
    add("process_cpu_seconds_total", std::max(0.0, process.cpu_seconds - before), {});
    set("process_open_fds", process.open_fds, {});
    set("process_max_fds", process.max_fds, {});
    set("process_resident_memory_bytes", process.resident, {});
    set("process_virtual_memory_bytes", process.virtual_size, {});
    set("process_virtual_memory_max_bytes", process.virtual_most, {});
    // As Go's handler has it: this one is under way, and counted when it is answered.
    set("promhttp_metric_handler_requests_in_flight", 1, {});
    auto text = prometheus::TextSerializer().Serialize(impl_->registry.Collect());
    add(page_requests, 1, {{"code", "200"}});
    return text;
}

}  // namespace baton::app
