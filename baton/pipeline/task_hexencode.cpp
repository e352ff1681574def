#include "baton/base/big_int.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <cmath>

namespace baton::pipeline {

using codec::Value;

namespace {

bool is_fraction(const Value& value) {
    if (const double* number = value.get_if<double>()) return *number != std::trunc(*number);
    if (const float* number = value.get_if<float>()) return *number != std::trunc(*number);
    const Decimal* const decimal = value.get_if<Decimal>();
    return decimal != nullptr && !decimal->is_integer();
}

/// "" for no bytes, not "0x".
std::string hex_of(BytesView bytes) {
    return bytes.empty() ? std::string() : to_0x(bytes);
}

}  // namespace

TaskResult run_hexencode(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const Params::Spec spec{"input", {Getter::var, Getter::text, Getter::input0}};
    const Value* const input = params.find(spec);
    if (input == nullptr) return params.result();
    if (const auto text = to_text(*input)) return TaskResult::success(hex_of(as_bytes(*text)));
    if (const auto bytes = to_bytes_param(*input)) return TaskResult::success(hex_of(bytes->view()));
    if (is_fraction(*input)) return TaskResult::failed({"decimal input"});
    const auto number = to_maybe_big_int(*input);
    if (!number) {
        params.note(spec, number.error());
        return params.result();
    }
    if (**number < 0) return TaskResult::failed({"negative integer"});
    return TaskResult::success(to_quantity(**number));
}

}  // namespace baton::pipeline
