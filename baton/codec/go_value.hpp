#pragma once

#include "baton/codec/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace baton::codec {

/// Any numeric kind or text as a decimal (reference/pipeline.md section 5, row "decimal", without memo
/// objects): uint64 above 2^63-1 wraps to negative. The error is v1.11.0's text: "can't convert abc to
/// decimal", "type bool cannot be converted to decimal.Decimal (true)".
std::variant<Decimal, Decimal::ParseError> value_to_decimal(const Value& value);

/// 1 t T TRUE true True, 0 f F FALSE false False; nothing otherwise.
std::optional<bool> parse_go_bool(std::string_view text);

/// The value as Go prints it with %v: "[1 2]", "map[a:1]", "<nil>", memo objects as JSON; addresses in lower
/// case.
std::string go_text(const Value& value);
/// A number as Go prints it with %v: "1e+20", "0.5", "NaN".
std::string go_float_text(double value);
std::string go_float_text(float value);
/// Never an exponent: "1000000000000000000000". REQUIRES: finite.
std::string go_plain_float(double value);

/// As Go's strconv.Quote for the texts that appear in errors.
std::string go_quote(std::string_view text);

}  // namespace baton::codec
