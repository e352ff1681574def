#include "baton/pipeline/faulty_values.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <algorithm>
#include <stdexcept>

namespace baton::pipeline {

TaskResult run_median(const TaskContext& context) {
    Params params(context);
    const auto values = good_values(params, allowed_faults(params), "median", "no values to medianize");
    if (!values) return TaskResult::failed(values.error());
    auto decimals = all_decimals(*values);
    if (!decimals) return TaskResult::failed(decimals.error());
    std::ranges::sort(*decimals, [](const Decimal& a, const Decimal& b) { return a.compare(b) < 0; });
    const std::size_t middle = decimals->size() / 2;
    Decimal& upper = (*decimals)[middle];
    if (decimals->size() % 2 == 1) return TaskResult::success(std::move(upper));
    try {
        const Decimal sum = (*decimals)[middle - 1] + upper;
        return TaskResult::success(sum.divide(Decimal(BigInt(2)), default_division_places));
    } catch (const std::overflow_error& error) {
        return TaskResult::failed({error.what()});
    }
}

}  // namespace baton::pipeline
