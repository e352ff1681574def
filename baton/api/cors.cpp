#include "baton/api/cors.hpp"

#include <algorithm>
#include <cctype>

namespace baton::api {

namespace {

std::string normalized(std::string_view origin) {
    std::string text;
    for (const char c : origin) {
        if (c != ' ') text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return text;
}

}  // namespace

Cors::Cors(std::string_view allow_origins) : any_(allow_origins == "*") {
    while (!allow_origins.empty()) {
        const auto comma = allow_origins.find(',');
        origins_.push_back(normalized(allow_origins.substr(0, comma)));
        allow_origins =
            comma == std::string_view::npos ? std::string_view() : allow_origins.substr(comma + 1);
    }
}

Cors::Verdict Cors::judge(const net::Request& request) const {
    const std::string origin(request.headers.get("Origin"));
    if (origin.empty()) return Verdict::same_origin;
    const std::string host(request.headers.get("Host"));
    if (origin == "http://" + host || origin == "https://" + host) return Verdict::same_origin;
    if (!any_ && std::find(origins_.begin(), origins_.end(), origin) == origins_.end())
        return Verdict::refused;
    return request.method == "OPTIONS" ? Verdict::preflight : Verdict::allowed;
}

void Cors::add_headers(net::Headers& headers, const net::Request& request, Verdict verdict) const {
    if (verdict != Verdict::allowed && verdict != Verdict::preflight) return;
    headers.set("Access-Control-Allow-Credentials", "true");
    if (verdict == Verdict::preflight) {
        headers.set("Access-Control-Allow-Methods", "GET,POST,PATCH,DELETE");
        headers.set("Access-Control-Allow-Headers", "Origin,Content-Type,Accept");
        headers.set("Access-Control-Max-Age", "2");
    } else {
        headers.set("Access-Control-Expose-Headers", "Content-Length");
    }
    headers.set("Access-Control-Allow-Origin", any_ ? "*" : std::string(request.headers.get("Origin")));
    if (any_) return;
    headers.add("Vary", "Origin");
    if (verdict == Verdict::preflight) {
        headers.add("Vary", "Access-Control-Request-Method");
        headers.add("Vary", "Access-Control-Request-Headers");
    }
}

}  // namespace baton::api
