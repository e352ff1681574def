#pragma once

#include "baton/codec/value.hpp"
#include "baton/pipeline/failure.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::pipeline {

/// An output of a run as the API shows it (reference/pipeline.md section 12.4); nothing for null. Fails with
/// "unable to process output type <kind>".
Result<std::optional<std::string>> output_text(const codec::Value& output);
/// All outputs; fails with the first one that has no text.
Result<std::vector<std::optional<std::string>>> output_texts(const codec::List& outputs);

/// The errors that are not null, joined with "; ".
std::string combined_error_text(const std::vector<std::optional<std::string>>& errors);

}  // namespace baton::pipeline
