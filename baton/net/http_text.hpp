#pragma once

// Inside baton/net only: the text forms of HTTP/1.1 that the server writes.

#include "baton/net/http_message.hpp"

#include <string>
#include <string_view>

namespace baton::net {

inline constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

/// Fills path and query from target, which may be in absolute form (RFC 9112 section 3.2.2).
void split_target(Request& request);
/// Status line and headers up to the empty line. Fields that would break the framing are left out.
std::string format_head(const Response& response, bool keep_alive, bool http_1_0);
/// False for 1xx, 204 and 304 (RFC 9110 section 6.4.1).
bool may_have_body(unsigned status);

}  // namespace baton::net
