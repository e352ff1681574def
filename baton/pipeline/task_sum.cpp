#include "baton/pipeline/faulty_values.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <stdexcept>

namespace baton::pipeline {

TaskResult run_sum(const TaskContext& context) {
    Params params(context);
    const auto values = good_values(params, allowed_faults(params), "sum");
    if (!values) return TaskResult::failed(values.error());
    const auto decimals = all_decimals(*values);
    if (!decimals) return TaskResult::failed(bad_input("values: " + decimals.error().text));
    try {
        Decimal sum;
        for (const Decimal& decimal : *decimals)
            sum = sum + decimal;
        return TaskResult::success(std::move(sum));
    } catch (const std::overflow_error& error) {
        return TaskResult::failed({error.what()});
    }
}

}  // namespace baton::pipeline
