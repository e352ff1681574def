#pragma once

#include "baton/base/clock.hpp"
#include "baton/base/log.hpp"
#include "baton/base/metrics.hpp"
#include "baton/net/http_message.hpp"

#include <chrono>
#include <set>
#include <string>
#include <string_view>

namespace baton::api {

/// A query string with the values of names that contain "password" replaced.
std::string redacted_query(std::string_view query);

/// Log line (debug) and metrics (reference/metrics.md "HTTP server") of each answered request. Bodies are
/// never logged.
class RequestLog {
  public:
    /// `metrics` outlives it.
    RequestLog(Logger log, Metrics& metrics) : log_(std::move(log)), metrics_(&metrics) {}

    /// `pattern` is that of the route; empty for unmatched paths, which are not counted.
    void answered(const net::Request& request, std::size_t request_bytes, const net::Response& response,
                  std::string_view pattern, std::chrono::nanoseconds took);

  private:
    void count(const net::Request& request, std::size_t request_bytes, const net::Response& response,
               std::string_view pattern, std::chrono::nanoseconds took);
    const std::string& host_label(const std::string& host);

    Logger log_;
    Metrics* metrics_;
    std::set<std::string> hosts_;
};

}  // namespace baton::api
