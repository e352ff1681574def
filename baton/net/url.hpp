#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton::net {

/// An absolute URL with a host, taken apart (RFC 3986); enough for endpoints. The pipeline's URL parameter
/// has its own rules (reference/pipeline.md) and is not read here.
struct Url {
    /// Lower case: "https".
    std::string scheme;
    /// Percent-decoded; absent when there is no '@'.
    std::optional<std::string> user;
    std::optional<std::string> password;
    /// Without brackets for IPv6.
    std::string host;
    /// 0 when the URL names none.
    std::uint16_t port = 0;
    /// Path and query as written, at least "/".
    std::string target;

    /// The named port, or 80 / 443 by scheme (http, ws / https, wss); 0 for others.
    std::uint16_t port_or_default() const;
};

/// Nothing when it is not an absolute URL with a host, or has blanks or control characters.
std::optional<Url> parse_url(std::string_view text);

/// The same text with the password, if any, replaced by "xxxxx", as v1.11.0 prints URLs. A text that cannot
/// be taken apart is replaced by "(unreadable URL)", because a secret could be anywhere in it.
std::string redact_url(std::string_view text);

}  // namespace baton::net
