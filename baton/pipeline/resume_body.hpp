#pragma once

#include "baton/base/bytes.hpp"
#include "baton/pipeline/awaited_results.hpp"

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

/// What is stored of it: a number as it is; the JSON text of anything else as 0x hex, as v1.11.0 hands it on
/// (numbers too, there).
TaskOutput to_output(const ResumeBody& body);

}  // namespace baton::pipeline
