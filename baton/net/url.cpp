#include "baton/net/url.hpp"

#include "baton/net/http_message.hpp"

#include <algorithm>
#include <cctype>

namespace baton::net {

namespace {

bool is_scheme(std::string_view text) {
    if (text.empty() || !std::isalpha(static_cast<unsigned char>(text.front()))) return false;
    return std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.'; });
}

/// Where the authority lies in an absolute URL.
struct Authority {
    std::size_t begin;
    std::size_t end;
};

std::optional<Authority> find_authority(std::string_view text) {
    const auto colon = text.find("://");
    if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return std::nullopt;
    const auto begin = colon + 3;
    const auto end = text.find_first_of("/?#", begin);
    return Authority{begin, end == std::string_view::npos ? text.size() : end};
}

bool read_user(std::string_view info, Url& url) {
    const auto colon = info.find(':');
    url.user = percent_decode(info.substr(0, colon), false);
    if (!url.user) return false;
    if (colon == std::string_view::npos) return true;
    url.password = percent_decode(info.substr(colon + 1), false);
    return url.password.has_value();
}

bool read_port(std::string_view digits, Url& url) {
    if (digits.empty()) return true;
    if (digits.size() > 5) return false;
    unsigned port = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return false;
        port = port * 10 + static_cast<unsigned>(c - '0');
    }
    if (port > 65535) return false;
    url.port = static_cast<std::uint16_t>(port);
    return true;
}

bool read_host_and_port(std::string_view text, Url& url) {
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos) return false;
        url.host = text.substr(1, close - 1);
        text.remove_prefix(close + 1);
        if (!text.empty() && text.front() != ':') return false;
        return !url.host.empty() && read_port(text.empty() ? text : text.substr(1), url);
    }
    const auto colon = text.find(':');
    url.host = text.substr(0, colon);
    if (url.host.empty()) return false;
    return colon == std::string_view::npos || read_port(text.substr(colon + 1), url);
}

}  // namespace

std::uint16_t Url::port_or_default() const {
    if (port != 0) return port;
    if (scheme == "http" || scheme == "ws") return 80;
    if (scheme == "https" || scheme == "wss") return 443;
    return 0;
}

std::optional<Url> parse_url(std::string_view text) {
    const auto unusable = [](unsigned char c) { return c <= ' ' || c == 0x7f; };
    if (std::any_of(text.begin(), text.end(), unusable)) return std::nullopt;
    const auto authority = find_authority(text);
    if (!authority) return std::nullopt;

    Url url;
    for (const char c : text.substr(0, authority->begin - 3)) {
        url.scheme += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    auto host = text.substr(authority->begin, authority->end - authority->begin);
    const auto at = host.rfind('@');
    if (at != std::string_view::npos) {
        if (!read_user(host.substr(0, at), url)) return std::nullopt;
        host.remove_prefix(at + 1);
    }
    if (!read_host_and_port(host, url)) return std::nullopt;

    auto target = text.substr(authority->end);
    target = target.substr(0, target.find('#'));
    url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
    return url;
}

std::string redact_url(std::string_view text) {
    const auto authority = find_authority(text);
    if (!authority) return "(unreadable URL)";
    const auto info = text.substr(authority->begin, authority->end - authority->begin);
    const auto at = info.rfind('@');
    if (at == std::string_view::npos) return std::string(text);
    const auto colon = info.find(':');
    if (colon == std::string_view::npos || colon > at) return std::string(text);
    return std::string(text.substr(0, authority->begin + colon + 1)) + "xxxxx" +
           std::string(text.substr(authority->begin + at));
}

}  // namespace baton::net
