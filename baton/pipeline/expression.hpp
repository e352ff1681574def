#pragma once

#include "baton/codec/value.hpp"
#include "baton/pipeline/failure.hpp"
#include "baton/pipeline/keypath.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace baton::pipeline {

/// What stands inside a text that is one variable expression, "$(a.b)" with white space around
/// (reference/pipeline.md section 4.2, getter "var"); blank inside, or another text: nothing.
std::optional<std::string_view> variable_path(std::string_view text);

/// True when the text holds $(name) somewhere, with a name of letters, digits, '_' and '.'.
bool mentions_variable(std::string_view text);

/// JSON with $(variables) in it (section 4.2, getter "json"), parsed once, filled in per run. Immutable.
class JsonTemplate {
  public:
    /// REQUIRES: text is not blank.
    explicit JsonTemplate(std::string_view text);

    /// A new value; what variables bring in is shared with them, not copied. Stored errors are refused unless
    /// `allow_errors`; then they are elements of the result.
    Result<codec::Value> fill(const codec::Map& vars, bool allow_errors) const;

  private:
    std::optional<Failure> fault_;
    codec::Value parsed_;
    bool has_variables_ = false;
};

/// An attribute as written, with what can be prepared before any run.
struct Attribute {
    /// Canonical spelling.
    std::string_view name;
    std::string text;
    /// A part of `text` (by value: attributes are copied and moved).
    std::string trimmed;
    /// Set when the text is a variable expression.
    std::optional<Keypath> variable;
    /// Set for attributes that are read as JSON, unless blank.
    std::shared_ptr<const JsonTemplate> json;

    /// `name` lives for ever (the catalogue's).
    Attribute(std::string_view name, std::string text, bool is_json);
};

}  // namespace baton::pipeline
