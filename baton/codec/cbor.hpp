#pragma once

#include "baton/base/error.hpp"
#include "baton/codec/value.hpp"

namespace baton::codec {

/// what() is the text of v1.11.0's decoder: "unexpected EOF", "cbor: unexpected \"break\" code",
/// "unable to coerce key uint64 1 to a string" ...
class CborError : public InvalidInput {
  public:
    using InvalidInput::InvalidInput;
};

// Own reader instead of libcbor: libcbor 0.8 refuses unassigned simple values (v1.11.0 reads them as
// integers), reports every malformed item as one of two kinds without saying which rule was broken, and
// reserves memory for a declared length before it has seen the data.

/// Mode "diet" (reference/pipeline.md section 18): a map, whose opening and closing marks may be missing;
/// keys are texts at every level. Bytes after the first item are ignored. Throws CborError.
Value read_cbor_diet(BytesView bytes);

/// Mode "standard": the first item as it is; maps become GenericMap, empty input null. Throws CborError.
Value read_cbor_standard(BytesView bytes);

}  // namespace baton::codec
