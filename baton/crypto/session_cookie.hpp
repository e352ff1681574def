#pragma once

#include "baton/base/clock.hpp"
#include "baton/base/secret.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace baton::crypto {

/// Name of the session cookie, signed into its value.
inline constexpr std::string_view session_cookie_name = "clsession";
/// What the cookie says of itself (Max-Age); its session may end earlier.
inline constexpr std::chrono::seconds session_cookie_age{30 * 24 * 3600};

/// Value of the session cookie as v1.11.0 makes and reads it: gorilla securecookie, signed, not encrypted,
/// with a gob inside (reference/rest-api.md section 3.1). `key` is the content of ROOT/secret, 32 bytes after
/// base64.
std::string make_session_cookie(const Secret& key, std::string_view session_id, WallTime now);
/// The session id; nothing when the value is malformed, longer than 4096, not signed with `key`, or older
/// than 30 days.
std::optional<std::string> read_session_cookie(const Secret& key, std::string_view value, WallTime now);

}  // namespace baton::crypto
