#pragma once

#include "baton/codec/value.hpp"
#include "baton/pipeline/failure.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::pipeline {

/// The path of a $(variable), taken apart once (reference/pipeline.md section 4.1). A path that breaks the
/// rules is kept too: its error shows when a task reads it.
class Keypath {
  public:
    explicit Keypath(std::string_view text);

    /// The value in the map; valid as long as the map is unchanged.
    Result<const codec::Value*> find(const codec::Map& vars) const;

    /// Why it is no usable path, if it is none.
    const std::optional<Failure>& fault() const { return fault_; }
    const std::vector<std::string>& segments() const { return segments_; }

  private:
    Failure missing(std::size_t segment) const;

    std::string text_;
    std::vector<std::string> segments_;
    std::optional<Failure> fault_;
};

/// Refuses names that a run's variable map cannot hold: blank, or with a dot. The name is to be used trimmed.
std::optional<Failure> check_variable_name(std::string_view name);

}  // namespace baton::pipeline
