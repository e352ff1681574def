#pragma once

#include "baton/base/decimal.hpp"
#include "baton/pipeline/params.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace baton::pipeline {

/// Their first parameter; nothing when it is not written. Before the others, for the order of failures.
std::optional<std::uint64_t> allowed_faults(Params& params);

/// The values of mean, median, mode and sum without the errored ones (reference/pipeline.md section 19.26,
/// steps 1 and 2). `allowed` is from allowed_faults(), `task_name` and `no_values` stand in the failures.
Result<codec::List> good_values(Params& params, std::optional<std::uint64_t> allowed,
                                std::string_view task_name, std::string_view no_values = "values");

/// Step 3: every value as a decimal.
Result<std::vector<Decimal>> all_decimals(const codec::List& values);

}  // namespace baton::pipeline
