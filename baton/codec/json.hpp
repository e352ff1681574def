#pragma once

#include "baton/base/error.hpp"
#include "baton/codec/value.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton::codec {

/// The text is no JSON, or a number in it is out of range. what() is the text of Go's encoding/json:
/// "unexpected EOF", "invalid character 'x' looking for beginning of value", "failed to parse json.Value:
/// ..." (reference/pipeline.md 3.2).
class JsonError : public InvalidInput {
  public:
    using InvalidInput::InvalidInput;
};

/// How numbers are read (reference/pipeline.md section 3.2).
enum class JsonNumbers {
    /// Base-10 integers become int64, else uint64, else BigInt; everything else double.
    exact,
    /// Every number becomes double, as the map, slice and decimal-list parameters read plain JSON texts.
    float64,
};

/// One JSON text with nothing but white space around it. Of equal keys the last wins, invalid UTF-8 and lone
/// surrogates become U+FFFD, nesting ends at 10,000. Throws JsonError ("unexpected end of JSON input" for a
/// text that ends too early).
Value read_json(std::string_view text, JsonNumbers numbers = JsonNumbers::exact);

/// The first JSON value of a text; whatever follows is ignored. Throws JsonError; a blank text gives "EOF",
/// one that ends too early "unexpected EOF".
Value read_first_json(std::string_view text, JsonNumbers numbers = JsonNumbers::exact);

/// The members of the object that the text starts with, in order, keys unescaped, each value as the bytes
/// that stood there (reference/pipeline.md section 14.4). Throws JsonError as read_first_json, and for a
/// value that is no object "json: cannot unmarshal <kind> into Go value of type object".
std::vector<std::pair<std::string, std::string>> read_raw_members(std::string_view text);

/// The value cannot be written as JSON. what() is Go's text: "json: unsupported value: NaN",
/// "json: unsupported type: map[interface {}]interface {}".
class JsonUnsupported : public Error {
  public:
    using Error::Error;
};

/// As v1.11.0 writes values into requests (reference/pipeline.md section 3.3): sorted keys (tuples keep their
/// order), Go's escaping, decimals as text, bytes as base64, addresses in lower case. Integers keep every
/// digit. This is also the writer for API and RPC bodies. Any depth. Throws JsonUnsupported.
std::string write_json(const Value& value);

/// The EIP-55 text of an address (crypto/eip55.hpp has one).
using ChecksumText = std::function<std::string(const Address&)>;

/// As v1.11.0 stores values (reference/pipeline.md section 13.3): as above, but through any-maps and
/// any-lists bytes are 0x hex, addresses checksummed, an empty any-list is null. Throws JsonUnsupported.
/// Texts with U+0000 are written; it is PostgreSQL that refuses them.
std::string write_stored_json(const Value& value, const ChecksumText& checksum);

/// The text as a JSON string with quotes, escaped as Go does (`<`, `>`, `&`, U+2028 and U+2029 too).
std::string quote_json(std::string_view text);
/// Shortest digits that read back as the same number; exponent form below 1e-6 and from 1e21, as Go's
/// encoding/json. REQUIRES: finite.
std::string json_number(double value);
std::string json_number(float value);

// Reading documents that others sent: nullptr, nothing or the fallback when a step is missing or of another
// kind.

/// Member of an any-map.
const Value* member(const Value& value, std::string_view key);
/// Follows keys of any-maps, and of any-lists decimal indexes: at(answer, {"data", "0", "attributes",
/// "name"}).
const Value* at(const Value& value, std::initializer_list<std::string_view> path);
std::string string_or(const Value& object, std::string_view key, std::string_view fallback = {});
bool bool_or(const Value& object, std::string_view key, bool fallback);
/// Any integer kind; nothing for floats, texts and integers that do not fit.
std::optional<std::int64_t> to_int64(const Value& value);
std::optional<BigInt> to_big_int(const Value& value);
std::optional<std::int64_t> int64_member(const Value& object, std::string_view key);

}  // namespace baton::codec
