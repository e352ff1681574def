#pragma once

#include "baton/net/http_message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace baton::api {

inline constexpr std::string_view json_api_type = "application/vnd.api+json";
inline constexpr std::string_view json_type = "application/json; charset=utf-8";
inline constexpr std::string_view text_type = "text/plain; charset=utf-8";

/// An answer with a body of that type; no Content-Type for an empty `content_type`.
net::Response answer(unsigned status, std::string_view content_type, std::string body);
/// A JSON:API document.
net::Response document(std::string body, unsigned status = 200);
/// 204 as v1.11.0 sends it, with a content type.
net::Response no_content();
/// {"errors":[{"detail":"<detail>"}]}
net::Response error_answer(unsigned status, std::string_view detail);
/// The same with several details.
net::Response error_answer(unsigned status, const std::vector<std::string>& details);

}  // namespace baton::api
