#include "baton/net/http_text.hpp"

#include <array>
#include <ctime>

namespace baton::net {

namespace {

/// RFC 9110 section 5.6.7; made once per second.
const std::string& date_now() {
    thread_local std::time_t made = -1;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now == made) return text;
    std::tm utc{};
    gmtime_r(&now, &utc);
    // Not strftime's names: those follow the locale.
    constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                  months.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900, utc.tm_hour,
                  utc.tm_min, utc.tm_sec);
    made = now;
    text = buffer.data();
    return text;
}

bool is_framing(std::string_view name) {
    return equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Transfer-Encoding") ||
           equal_ignoring_case(name, "Connection");
}

bool breaks_line(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace

void split_target(Request& request) {
    std::string_view target = request.target;
    const auto scheme = target.starts_with('/') ? std::string_view::npos : target.find("://");
    if (scheme != std::string_view::npos) {
        const auto slash = target.find_first_of("/?", scheme + 3);
        target = slash == std::string_view::npos ? "/" : target.substr(slash);
    }
    const auto mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
    if (request.path.empty()) request.path = "/";
}

bool may_have_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

std::string format_head(const Response& response, bool keep_alive, bool http_1_0) {
    std::string head;
    head.reserve(512);
    head += "HTTP/1.1 ";
    head += std::to_string(response.status);
    head += ' ';
    head += reason_phrase(response.status);
    head += "\r\n";
    for (const auto& [name, value] : response.headers) {
        if (is_framing(name) || breaks_line(name) || breaks_line(value)) continue;
        head += name;
        head += ": ";
        head += value;
        head += "\r\n";
    }
    if (!response.headers.contains("Date")) {
        head += "Date: ";
        head += date_now();
        head += "\r\n";
    }
    if (may_have_body(response.status)) {
        head += "Content-Length: ";
        head += std::to_string(response.body.size());
        head += "\r\n";
    }
    if (!keep_alive) {
        head += "Connection: close\r\n";
    } else if (http_1_0) {
        head += "Connection: keep-alive\r\n";
    }
    head += "\r\n";
    return head;
}

}  // namespace baton::net
