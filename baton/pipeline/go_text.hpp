#pragma once

#include "baton/base/bytes.hpp"
#include "baton/codec/value.hpp"
#include "baton/pipeline/failure.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::pipeline {

// How v1.11.0's language reads numbers and texts of attributes. Pure; codec/go_value.hpp has what it prints.

/// A code point of a text.
struct Rune {
    char32_t value = 0xFFFD;
    std::size_t size = 1;
    /// False for a byte that is not UTF-8.
    bool valid = false;
};
/// The first one. REQUIRES: the text is not empty.
Rune decode_rune(std::string_view text);
void append_rune(std::string& out, char32_t rune);

/// Without Unicode white space at both ends.
std::string_view trim_space(std::string_view text);

/// Decimal digits only; nothing before or after. Fails with "strconv.ParseUint: parsing \"x\": invalid
/// syntax" or
/// "...: value out of range".
Result<std::uint64_t> parse_uint(std::string_view text, int bits = 64);
/// Optional sign and decimal digits ("strconv.ParseInt: ...").
Result<std::int64_t> parse_int(std::string_view text, int bits = 64);
/// As an integer literal of Go: prefixes 0x, 0o, 0b, 0, and `_` between digits.
Result<std::int64_t> parse_int_literal(std::string_view text, int bits);
/// 1 t T TRUE true True, 0 f F FALSE false False ("strconv.ParseBool: ...").
Result<bool> parse_bool(std::string_view text);

/// A duration text cut to whole seconds (section 4.2); blank fails with "parameter is empty".
Result<std::int64_t> parse_whole_seconds(std::string_view text);

/// "0x" and hex digits of any count; an odd count is read with a 0 in front (vectors hex.tryparse).
Result<Bytes> try_parse_hex(std::string_view text);

/// What Go's JSON reader calls the value in "cannot unmarshal number into ...".
std::string_view json_kind_name(const codec::Value& value);

/// Valid UTF-8 without U+0000, as PostgreSQL's text columns need it: whatever is not becomes U+FFFD.
std::string storable_text(std::string_view text);

}  // namespace baton::pipeline
