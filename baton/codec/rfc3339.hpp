#pragma once

#include "baton/base/clock.hpp"

#include <optional>
#include <string_view>

namespace baton::codec {

/// "2013-03-21T20:04:00.5Z", or with an offset ("+01:00"), which is taken off; digits beyond microseconds are
/// dropped. Nothing for any other form and for dates that do not exist.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace baton::codec
