#include "baton/pipeline/go_url.hpp"

#include "baton/base/bytes.hpp"
#include "baton/codec/go_value.hpp"

#include <algorithm>

namespace baton::pipeline {

namespace {

enum class Part { path, user, host };

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool contains(std::string_view set, char c) {
    return set.find(c) != std::string_view::npos;
}

/// RFC 3986 section 2, with the exceptions that the original makes for each part.
bool must_escape(char c, Part part) {
    if (is_letter(c) || is_digit(c) || contains("-_.~", c)) return false;
    if (part == Part::host) return !contains("!$&'()*+,;=:[]<>\"", c);
    if (!contains("$&+,/:;=?@", c)) return true;
    return part == Part::path ? c == '?' : contains("@/?:", c);
}

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<std::string> unescape(std::string_view text, Part part) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c != '%') {
            if (part == Part::host && static_cast<unsigned char>(c) < 0x80 && must_escape(c, part)) {
                return Failure{"invalid character " + codec::go_quote(text.substr(i, 1)) + " in host name"};
            }
            out += c;
            continue;
        }
        const bool complete =
            i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
        // In a host only bytes beyond ASCII may be escaped.
        if (!complete || (part == Part::host && hex_value(text[i + 1]) < 8 && text.substr(i, 3) != "%25")) {
            return Failure{"invalid URL escape " + codec::go_quote(text.substr(i, 3))};
        }
        out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
        i += 2;
    }
    return out;
}

std::string escape(std::string_view text, Part part) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (!must_escape(c, part)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 0xFU];
    }
    return out;
}

bool is_valid_port(std::string_view port) {
    if (port.empty()) return true;
    return port.front() == ':' && std::ranges::all_of(port.substr(1), is_digit);
}

Failure bad_port(std::string_view port) {
    return {"invalid port " + codec::go_quote(port) + " after host"};
}

Result<std::string> parse_host(std::string_view host) {
    if (host.starts_with('[')) {
        const auto close = host.rfind(']');
        if (close == std::string_view::npos) return Failure{"missing ']' in host"};
        if (!is_valid_port(host.substr(close + 1))) return bad_port(host.substr(close + 1));
    } else if (const auto colon = host.rfind(':'); colon != std::string_view::npos) {
        if (!is_valid_port(host.substr(colon))) return bad_port(host.substr(colon));
    }
    const auto plain = unescape(host, Part::host);
    if (!plain) return plain;
    return escape(*plain, Part::host);
}

Result<RequestUrl::User> parse_user(std::string_view text) {
    const auto allowed = [](char c) {
        return is_letter(c) || is_digit(c) || contains("-._:~!$&'()*+,;=%@", c);
    };
    if (!std::ranges::all_of(text, allowed)) return Failure{"net/url: invalid userinfo"};
    const auto colon = text.find(':');
    const auto name = unescape(text.substr(0, colon), Part::user);
    if (!name) return name.error();
    RequestUrl::User user{escape(*name, Part::user), std::nullopt};
    if (colon == std::string_view::npos) return user;
    const auto password = unescape(text.substr(colon + 1), Part::user);
    if (!password) return password.error();
    user.password = escape(*password, Part::user);
    return user;
}

/// A path keeps the way it is written when that is one of the ways to write it.
Result<std::string> parse_path(std::string_view written) {
    const auto plain = unescape(written, Part::path);
    if (!plain) return plain;
    const auto may_stay = [](char c) {
        return contains("!$&'()*+,;=:@[]%", c) || !must_escape(c, Part::path);
    };
    if (std::ranges::all_of(written, may_stay)) return std::string(written);
    return escape(*plain, Part::path);
}

/// Length of the scheme, 0 for none; nothing for an empty one before a colon.
std::optional<std::size_t> scheme_length(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_letter(text[i])) continue;
        if (text[i] == ':') return i == 0 ? std::nullopt : std::optional(i);
        if (i == 0 || !(is_digit(text[i]) || contains("+-.", text[i]))) return 0;
    }
    return 0;
}

void take_query(std::string_view& rest, RequestUrl& url) {
    const auto mark = rest.find('?');
    if (mark == std::string_view::npos) return;
    url.has_query = true;
    url.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
}

Result<RequestUrl> parse(std::string_view text) {
    if (std::ranges::any_of(text, is_control)) return Failure{"net/url: invalid control character in URL"};
    if (text.empty()) return Failure{"empty url"};
    const auto scheme = scheme_length(text);
    if (!scheme) return Failure{"missing protocol scheme"};
    RequestUrl url;
    std::string_view rest = text;
    if (*scheme > 0) {
        url.scheme = text.substr(0, *scheme);
        for (char& c : url.scheme)
            c = is_letter(c) ? static_cast<char>(c | 0x20) : c;
        rest = text.substr(*scheme + 1);
    }
    take_query(rest, url);
    if (!rest.starts_with('/')) {
        if (url.scheme.empty()) return Failure{"invalid URI for request"};
        url.opaque = rest;
        return url;
    }
    if (!url.scheme.empty() && rest.starts_with("//")) {
        rest.remove_prefix(2);
        const std::string_view authority = rest.substr(0, rest.find('/'));
        rest.remove_prefix(authority.size());
        const auto at = authority.rfind('@');
        if (at != std::string_view::npos) {
            auto user = parse_user(authority.substr(0, at));
            if (!user) return user.error();
            url.user = std::move(*user);
        }
        auto host = parse_host(at == std::string_view::npos ? authority : authority.substr(at + 1));
        if (!host) return host.error();
        url.host = std::move(*host);
    }
    auto path = parse_path(rest);
    if (!path) return path.error();
    url.path = std::move(*path);
    return url;
}

}  // namespace

std::string RequestUrl::write(bool hide_password) const {
    std::string out;
    if (!scheme.empty()) out += scheme + ":";
    if (!opaque.empty()) {
        out += opaque;
    } else {
        if (!scheme.empty() && (!host.empty() || !path.empty() || user)) out += "//";
        if (user) {
            out += user->name;
            if (user->password) out += ":" + (hide_password ? std::string("***") : *user->password);
            out += "@";
        }
        out += host + path;
    }
    if (has_query) out += "?" + query;
    return out;
}

Result<RequestUrl> parse_request_url(std::string_view text) {
    auto url = parse(text);
    if (!url) return failure("parse " + codec::go_quote(text), url.error().text);
    return url;
}

}  // namespace baton::pipeline
