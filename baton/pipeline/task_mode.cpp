#include "baton/codec/go_value.hpp"
#include "baton/codec/json.hpp"
#include "baton/pipeline/faulty_values.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <map>

namespace baton::pipeline {

using codec::Value;

namespace {

/// The text by which values are counted as equal; throws codec::JsonUnsupported for those without JSON.
std::string mode_key(const Value& value) {
    if (const std::string* text = value.text_or_null()) return *text;
    if (const Bytes* bytes = value.get_if<Bytes>()) return std::string(as_text(*bytes));
    if (const double* number = value.get_if<double>()) return codec::go_float_text(*number);
    if (const float* number = value.get_if<float>()) return codec::go_float_text(*number);
    if (const Decimal* decimal = value.get_if<Decimal>()) return decimal->to_string();
    if (const bool* flag = value.get_if<bool>()) return *flag ? "true" : "false";
    if (const auto integer = codec::to_big_int(value)) return to_decimal(*integer);
    return codec::write_json(value);
}

}  // namespace

TaskResult run_mode(const TaskContext& context) {
    Params params(context);
    const auto values = good_values(params, allowed_faults(params), "mode");
    if (!values) return TaskResult::failed(values.error());
    std::map<std::string, std::uint64_t> counts;
    std::uint64_t most = 0;
    codec::List winners;
    for (const Value& value : *values) {
        std::string key;
        try {
            key = mode_key(value);
        } catch (const codec::JsonUnsupported& error) {
            return TaskResult::failed(
                bad_input("values: value " + codec::go_text(value) + ": " + error.what()));
        }
        const std::uint64_t count = ++counts[key];
        if (count > most) winners.clear();
        if (count < most) continue;
        most = count;
        winners.push_back(value);
    }
    return TaskResult::success(
        Value::map({{"occurrences", most}, {"results", Value::list(std::move(winners))}}));
}

}  // namespace baton::pipeline
