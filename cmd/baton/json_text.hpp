#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton::cli {

/// A JSON text laid out as Go's encoder does with an indent of two blanks: members in their order, `<`, `>`
/// and `&` escaped. No newline at the end. REQUIRES: `json` is valid.
std::string indent_json(std::string_view json);

/// The texts of an array's elements. REQUIRES: `array` is a valid JSON array.
std::vector<std::string> json_elements(std::string_view array);

}  // namespace baton::cli
