#include "baton/api/request_log.hpp"

#include "baton/api/rate_limit.hpp"

#include <algorithm>
#include <cctype>

namespace baton::api {

namespace {

/// The Host header is the caller's to invent: this bounds the number of time series that inventing can make.
constexpr std::size_t most_hosts = 20;

bool names_password(std::string_view name) {
    std::string lower;
    for (const char c : name)
        lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lower.find("password") != std::string::npos;
}

}  // namespace

std::string redacted_query(std::string_view query) {
    std::string redacted;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
        const auto equals = pair.find('=');
        if (!redacted.empty()) redacted += '&';
        // Decoded for the test, because an escaped letter does not make it another name.
        const auto name = net::percent_decode(pair.substr(0, equals), true);
        if (!name || names_password(*name)) {
            redacted += std::string(pair.substr(0, equals)) + "=*REDACTED*";
        } else {
            redacted += pair;
        }
    }
    return redacted;
}

void RequestLog::answered(const net::Request& request, std::size_t request_bytes,
                          const net::Response& response, std::string_view pattern,
                          std::chrono::nanoseconds took) {
    if (!pattern.empty()) count(request, request_bytes, response, pattern, took);
    std::vector<LogField> fields;
    fields.reserve(6);
    fields.push_back({"method", request.method});
    fields.push_back({"status", std::to_string(response.status)});
    fields.push_back({"path", request.path});
    fields.push_back({"query", redacted_query(request.query)});
    fields.push_back({"clientIP", client_address(request)});
    fields.push_back({"latency", to_go_duration(took)});
    log_.debug(request.method + " " + request.path, std::move(fields));
}

void RequestLog::count(const net::Request& request, std::size_t request_bytes, const net::Response& response,
                       std::string_view pattern, std::chrono::nanoseconds took) {
    const std::string path(pattern);
    const auto& host = host_label(std::string(request.headers.get("Host")));
    const MetricLabels labels{{"code", std::to_string(response.status)},
                              {"method", request.method},
                              {"handler", request.method + " " + path},
                              {"host", host},
                              {"path", path}};
    metrics_->add("service_gonic_requests_total", 1, labels);
    const MetricLabels timed{{"method", request.method}, {"path", path}, {"host", host}};
    metrics_->observe("service_gonic_request_duration", std::chrono::duration<double>(took).count(), timed);
    metrics_->observe("service_gonic_request_size_bytes", static_cast<double>(request_bytes));
    metrics_->observe("service_gonic_response_size_bytes", static_cast<double>(response.body.size()));
}

const std::string& RequestLog::host_label(const std::string& host) {
    static const std::string other = "other";
    if (const auto known = hosts_.find(host); known != hosts_.end()) return *known;
    if (hosts_.size() >= most_hosts) return other;
    return *hosts_.insert(host).first;
}

}  // namespace baton::api
