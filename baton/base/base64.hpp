#pragma once

#include "baton/base/bytes.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace baton {

/// RFC 4648, always padded.
enum class Base64Alphabet { standard, url };

std::string to_base64(BytesView bytes, Base64Alphabet alphabet = Base64Alphabet::standard);

/// Where v1.11.0 sees the fault: "illegal base64 data at input byte <offset>".
struct Base64Fault {
    std::size_t offset;
};
/// Padding is required; CR and LF anywhere are skipped; unused trailing bits are ignored.
std::variant<Bytes, Base64Fault> decode_base64(std::string_view text,
                                               Base64Alphabet alphabet = Base64Alphabet::standard);
std::optional<Bytes> from_base64(std::string_view text, Base64Alphabet alphabet = Base64Alphabet::standard);

}  // namespace baton
