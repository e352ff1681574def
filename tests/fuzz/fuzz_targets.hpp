#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace baton::fuzz {

/// A parser that reads what strangers write.
struct Target {
    std::string_view name;
    /// Returns for every input, good or bad; throws std::logic_error when a property does not hold. Anything
    /// else that leaves it is a fault too.
    void (*run)(std::string_view input) = nullptr;
    /// Texts of its language, for the mutator.
    std::vector<std::string_view> words;
};

std::span<const Target> targets();

}  // namespace baton::fuzz
