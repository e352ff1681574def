#include "baton/pipeline/faulty_values.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <stdexcept>

namespace baton::pipeline {

TaskResult run_mean(const TaskContext& context) {
    Params params(context);
    const auto allowed = allowed_faults(params);
    const auto precision = params.get({"precision", {Getter::var, Getter::raw}}, to_maybe_int32);
    const auto values = good_values(params, allowed, "mean");
    if (!values) return TaskResult::failed(values.error());
    const auto decimals = all_decimals(*values);
    if (!decimals) return TaskResult::failed(bad_input("values: " + decimals.error().text));
    try {
        Decimal sum;
        for (const Decimal& decimal : *decimals)
            sum = sum + decimal;
        const Decimal count{BigInt(decimals->size())};
        return TaskResult::success(sum.divide(count, precision.value_or(default_division_places)));
    } catch (const std::overflow_error& error) {
        return TaskResult::failed({error.what()});
    }
}

}  // namespace baton::pipeline
