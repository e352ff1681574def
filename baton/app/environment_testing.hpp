#pragma once

#include "baton/app/environment.hpp"

#include <map>
#include <string>

namespace baton::app {

/// For tests: exactly these variables are set.
inline Environment environment_of(std::map<std::string, std::string> variables) {
    return Environment(
        [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end()) return std::nullopt;
            return found->second;
        });
}

/// The text of the InvalidInput that `action` throws, "" when it throws none.
template <typename Action>
std::string refusal_of(Action action) {
    try {
        action();
    } catch (const InvalidInput& error) {
        return error.what();
    }
    return "";
}

}  // namespace baton::app
