#pragma once

#include "baton/base/clock.hpp"
#include "baton/net/http_message.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace baton::api {

/// The address that a request is counted under: the leftmost X-Forwarded-For, X-Real-IP, or the peer
/// (reference/rest-api.md section 1: believed from anyone).
std::string client_address(const net::Request& request);

/// At most `limit` requests per client in a window of `period` that begins with the client's first request.
/// In memory, so each instance counts for itself.
class RateLimit {
  public:
    RateLimit(std::int64_t limit, std::chrono::nanoseconds period, const Clock& clock);

    struct Verdict {
        bool allowed = true;
        std::int64_t limit = 0;
        std::int64_t remaining = 0;
        /// End of the window, Unix seconds.
        std::int64_t reset = 0;
    };
    Verdict count(const std::string& client);

  private:
    struct Window {
        std::int64_t requests = 0;
        WallTime end{};
    };
    void forget_ended(WallTime now);

    std::int64_t limit_;
    std::chrono::nanoseconds period_;
    const Clock* clock_;
    std::unordered_map<std::string, Window> windows_;
    WallTime next_sweep_{};
};

/// X-Ratelimit-Limit, -Remaining and -Reset.
void add_rate_headers(net::Headers& headers, const RateLimit::Verdict& verdict);

}  // namespace baton::api
