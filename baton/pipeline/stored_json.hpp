#pragma once

#include "baton/codec/value.hpp"
#include "baton/pipeline/failure.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace baton::pipeline {

/// JSON as the run's columns hold it (reference/pipeline.md section 13.3). Fails for values that v1.11.0
/// cannot store either (NaN, maps of CBOR's standard mode), and for what PostgreSQL's jsonb would refuse:
/// nesting beyond 1,000, numbers beyond 100,000 digits. U+0000, which jsonb refuses too, becomes U+FFFD.
Result<std::string> stored_json(const codec::Value& value);

/// The same checks for a text that is JSON already.
Result<std::string> storable_json(std::string json);

}  // namespace baton::pipeline
