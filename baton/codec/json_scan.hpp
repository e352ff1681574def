#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton::codec {

// Inside of json.hpp: the grammar of RFC 8259 as Go's encoding/json walks it, byte by byte, for the words of
// its errors and for the places of values. It builds nothing and reads any bytes inside strings.

/// Deepest nesting of lists and objects that is read.
inline constexpr std::size_t json_max_depth = 10'000;

/// The first value of a text: its place, or why it is none.
struct JsonScan {
    /// Go's text; empty if [begin, end) is a value.
    std::string error;
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// `whole` forbids anything but white space behind the value and chooses the words for a text that ends too
/// early.
JsonScan scan_json(std::string_view text, bool whole);

/// The same value in a form that a strict parser takes: invalid UTF-8 and lone surrogate escapes become
/// U+FFFD, numbers whose exponent is absurd become the 0.0 that they stand for. `error` is set for one that
/// is too large instead.
struct JsonRepair {
    std::string text;
    /// The number's text as it stood there.
    std::optional<std::string> too_large;
};
/// REQUIRES: `value` passed scan_json.
JsonRepair repair_json(std::string_view value);

/// Places of the members of an object: key with quotes, value. REQUIRES: `object` passed scan_json and begins
/// with '{'.
std::vector<std::pair<std::string_view, std::string_view>> raw_json_members(std::string_view object);

}  // namespace baton::codec
