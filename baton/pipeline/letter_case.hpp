#pragma once

#include <string>
#include <string_view>

namespace baton::pipeline {

// Simple case mapping of Unicode, code point by code point, whatever the locale of the process. Bytes that
// are no UTF-8 become U+FFFD, as in v1.11.0.

std::string to_lower_case(std::string_view text);
std::string to_upper_case(std::string_view text);

}  // namespace baton::pipeline
