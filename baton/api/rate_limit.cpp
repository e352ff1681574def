#include "baton/api/rate_limit.hpp"

#include "baton/net/address_rules.hpp"

namespace baton::api {

namespace {

/// The forwarded header is the caller's to invent: this bounds what inventing can cost.
constexpr std::size_t most_clients = 100'000;

std::string_view trim(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t'))
        text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t'))
        text.remove_suffix(1);
    return text;
}

/// The leftmost address of a comma-separated list; "" when one of them is none.
std::string leftmost_address(std::string_view list) {
    std::string leftmost;
    while (!list.empty()) {
        const auto comma = list.rfind(',');
        const auto one = comma == std::string_view::npos ? list : list.substr(comma + 1);
        leftmost = net::canonical_address(trim(one));
        if (leftmost.empty()) return "";
        list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
    }
    return leftmost;
}

}  // namespace

std::string client_address(const net::Request& request) {
    for (const auto* name : {"X-Forwarded-For", "X-Real-IP"}) {
        const auto value = request.headers.get(name);
        if (value.empty()) continue;
        auto address = leftmost_address(value);
        if (!address.empty()) return address;
    }
    return request.remote_address;
}

RateLimit::RateLimit(std::int64_t limit, std::chrono::nanoseconds period, const Clock& clock)
    : limit_(limit), period_(period), clock_(&clock) {}

RateLimit::Verdict RateLimit::count(const std::string& client) {
    const auto now = clock_->wall();
    const auto period = std::chrono::duration_cast<std::chrono::microseconds>(period_);
    if (now >= next_sweep_ || windows_.size() >= most_clients) {
        forget_ended(now);
        next_sweep_ = now + period;
    }
    auto& window = windows_[client];
    // A window that ends later than one period from now was begun before the wall clock was set back.
    if (now >= window.end || window.end > now + period) window = {0, now + period};
    ++window.requests;
    Verdict verdict;
    verdict.allowed = window.requests <= limit_;
    verdict.limit = limit_;
    verdict.remaining = verdict.allowed ? limit_ - window.requests : 0;
    verdict.reset = std::chrono::duration_cast<std::chrono::seconds>(window.end.time_since_epoch()).count();
    return verdict;
}

void RateLimit::forget_ended(WallTime now) {
    std::erase_if(windows_, [now](const auto& entry) { return entry.second.end <= now; });
    if (windows_.size() >= most_clients) windows_.clear();
}

void add_rate_headers(net::Headers& headers, const RateLimit::Verdict& verdict) {
    headers.set("X-Ratelimit-Limit", std::to_string(verdict.limit));
    headers.set("X-Ratelimit-Remaining", std::to_string(verdict.remaining));
    headers.set("X-Ratelimit-Reset", std::to_string(verdict.reset));
}

}  // namespace baton::api
