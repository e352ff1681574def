#pragma once

#include "baton/codec/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::compat {

/// One case of pipeline-cases.json (reference/pipeline.md section 1).
struct VectorCase {
    std::string id;
    std::string task;
    /// The JSON object of the case.
    codec::Value json;

    /// A named argument or attribute; nothing when it is not there.
    std::optional<std::string> param(std::string_view name) const;
    std::string param_or(std::string_view name, std::string_view fallback) const;
    /// The variable map as typed values.
    codec::Map vars() const;
    /// Predecessor results as typed values; errors are ErrorValues.
    std::vector<codec::Value> inputs() const;
    /// `inputs[0].value`, null when there is none.
    codec::Value first_input() const;
    /// Member of `env` or `expect`, or nullptr.
    const codec::Value* env(std::string_view name) const;
    const codec::Value* expect(std::string_view name) const;
};

/// All cases of the text, `{{server}}` replaced by `server`. Throws InvalidInput.
std::vector<VectorCase> read_cases(std::string text, std::string_view server);

}  // namespace baton::compat
