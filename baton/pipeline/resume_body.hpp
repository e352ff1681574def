#pragma once

#include "baton/base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace baton::pipeline {

/// What a callback brought for a pending task (reference/pipeline.md section 14.4): exactly one of the two.
struct ResumeBody {
    /// The bytes of the JSON value as they stood in the body.
    std::optional<Bytes> value;
    std::optional<std::string> error;
};

/// Throws InvalidInput: "failed to unmarshal JSON body: ..." or "must provide only one of either 'value' or
/// 'error' key".
ResumeBody parse_resume_body(std::string_view body);

}  // namespace baton::pipeline
