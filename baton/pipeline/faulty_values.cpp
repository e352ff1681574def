#include "baton/pipeline/faulty_values.hpp"

namespace baton::pipeline {

std::optional<std::uint64_t> allowed_faults(Params& params) {
    return params.get({"allowedFaults", {Getter::raw}}, to_maybe_uint64);
}

Result<codec::List> good_values(Params& params, std::optional<std::uint64_t> allowed,
                                std::string_view task_name, std::string_view no_values) {
    const auto values =
        params.get({"values", {Getter::var, Getter::json_with_errors, Getter::inputs}}, to_list);
    if (params.failed()) return params.failure_text();
    codec::List good;
    std::size_t faults = 0;
    if (values != nullptr) {
        for (const codec::Value& value : *values) {
            if (value.error_or_null() != nullptr) {
                ++faults;
            } else {
                good.push_back(value);
            }
        }
    }
    // One less than there are values, -1 for none at all: then even no fault is too many.
    const std::size_t count = good.size() + faults;
    const bool too_many = allowed ? faults > *allowed : faults + 1 > count;
    if (too_many) {
        const std::string limit = allowed     ? std::to_string(*allowed)
                                  : count > 0 ? std::to_string(count - 1)
                                              : std::string("-1");
        return failure("Number of faulty inputs " + std::to_string(faults) + " to " + std::string(task_name) +
                           " task > number allowed faults " + limit,
                       sentinel::too_many_errors);
    }
    if (good.empty()) return failure(no_values, sentinel::wrong_input_count);
    return good;
}

Result<std::vector<Decimal>> all_decimals(const codec::List& values) {
    std::vector<Decimal> decimals;
    decimals.reserve(values.size());
    for (const codec::Value& value : values) {
        auto decimal = to_decimal_param(value);
        if (!decimal) return decimal.error();
        decimals.push_back(std::move(*decimal));
    }
    return decimals;
}

}  // namespace baton::pipeline
