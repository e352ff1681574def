#pragma once

#include "baton/codec/value.hpp"

#include <string>

namespace baton::codec {

/// The typed values of reference/pipeline.md section 1 ({"$int64":"5"}, {"$list_of":"address","items":[..]}
/// ...) from the JSON of pipeline-cases.json. Throws InvalidInput for a form that the section does not name.
Value read_vector_value(const Value& json);

/// Empty if the values are of the same kinds and equal, else where and how they differ:
/// "at .foo[1]: int64 5, expected decimal 5". Decimals compare numerically, NaN equals NaN, 0 differs from
/// -0; members of tuples and generic maps may come in any order; the fixed length of typed lists is not
/// compared.
std::string vector_difference(const Value& actual, const Value& expected);

/// The value's kind in the words of `expect.type`: "null", "int64", "typed_list", "object" ...
std::string vector_kind(const Value& value);

/// One line for messages: kind and value.
std::string describe(const Value& value);

}  // namespace baton::codec
