#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace baton::api {

/// A decimal integer as Go's strconv reads it: optional sign and digits.
/// The error is strconv's text: `strconv.ParseInt: parsing "abc": invalid syntax`, with `function` as the
/// name after the dot.
using ParsedInteger = std::variant<std::int64_t, std::string>;
ParsedInteger parse_go_integer(std::string_view text, int bits, std::string_view function);

/// As strconv.Quote, for what stands in such texts.
std::string go_quote(std::string_view text);

}  // namespace baton::api
