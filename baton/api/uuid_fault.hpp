#pragma once

#include <string>
#include <string_view>

namespace baton::api {

/// What v1.11.0 says of a text that Uuid::parse refuses.
std::string uuid_fault(std::string_view text);

}  // namespace baton::api
