#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton::codec {

/// One step through a text that should be UTF-8.
struct Utf8Step {
    /// U+FFFD for a byte that begins no valid sequence.
    char32_t code_point = 0;
    /// Bytes taken: 1 for such a byte.
    std::size_t length = 1;
    bool valid = true;
};

/// The code point at `at`, read as Go does: overlong forms, surrogates and values above U+10FFFF are invalid
/// (RFC 3629), and an invalid byte stands for itself only. REQUIRES: at < text.size().
Utf8Step next_utf8(std::string_view text, std::size_t at);
bool is_utf8(std::string_view text);
/// REQUIRES: a Unicode scalar value.
void append_utf8(std::string& out, char32_t code_point);

}  // namespace baton::codec
