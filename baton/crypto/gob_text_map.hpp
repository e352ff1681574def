#pragma once

#include "baton/base/bytes.hpp"

#include <map>
#include <optional>
#include <string>

namespace baton::crypto {

/// Go's gob encoding of a map[interface{}]interface{}, as far as session cookies need it
/// (reference/rest-api.md section 3.1). Written byte for byte as v1.11.0 writes it.
Bytes encode_gob_text_map(const std::map<std::string, std::string>& pairs);
/// Reads whatever type ids the writer chose. Pairs of which key or value is no string are left out. Nothing
/// when the bytes are no such map.
std::optional<std::map<std::string, std::string>> decode_gob_text_map(BytesView bytes);

}  // namespace baton::crypto
