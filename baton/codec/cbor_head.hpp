#pragma once

#include "baton/base/bytes.hpp"

#include <cstdint>
#include <string>

namespace baton::codec {

// Inside of cbor.hpp: item heads (RFC 8949 section 3) and the check that bytes are well-formed.

/// Major types.
enum class CborType {
    positive_integer,
    negative_integer,
    byte_string,
    text_string,
    array,
    map,
    tag,
    primitive
};

/// As v1.11.0's messages call it: "UTF-8 text string", "primitives" ...
std::string cbor_type_name(CborType type);

struct CborHead {
    CborType type = CborType::primitive;
    /// The low five bits of the first byte.
    std::uint8_t info = 0;
    /// Argument: value, length or number of items; bits of floats.
    std::uint64_t value = 0;
    /// Length unknown; ends with a break.
    bool indefinite = false;
};

/// A place in a byte string, which must outlive it. A cheap value: copies look ahead.
class CborCursor {
  public:
    explicit CborCursor(BytesView bytes) : rest_(bytes) {}

    std::size_t remaining() const { return rest_.size(); }
    /// Throws CborError ("unexpected EOF") at the end.
    std::uint8_t peek() const;
    CborType peek_type() const { return static_cast<CborType>(peek() >> 5); }
    /// Throws CborError for heads that RFC 8949 forbids and for a break.
    CborHead head();
    /// Throws CborError ("unexpected EOF") if there are fewer.
    BytesView take(std::uint64_t count);
    /// Takes a break if one is next. Throws CborError at the end.
    bool skip_break();

  private:
    BytesView rest_;
};

/// The first item is complete and well-formed, nests at most 32 deep and has no array or map of more than
/// 131,072 elements or pairs. Throws CborError otherwise. What follows the item is not looked at.
void check_cbor(BytesView bytes);

}  // namespace baton::codec
