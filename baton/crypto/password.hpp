#pragma once

#include "baton/base/secret.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::crypto {

/// The rules of reference/keystore.md section 8: at least 16 bytes, no white space at either end, none of
/// `disallowed` inside (without regard to case). Nothing when they hold; otherwise v1.11.0's text of several
/// lines, which never shows the password. Empty strings in `disallowed` are ignored.
std::optional<std::string> password_faults(const Secret& password,
                                           const std::vector<std::string>& disallowed = {});

}  // namespace baton::crypto
