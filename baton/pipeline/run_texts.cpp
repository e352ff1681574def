#include "baton/pipeline/run_texts.hpp"

#include "baton/codec/json.hpp"

namespace baton::pipeline {

using codec::Value;
using Text = std::optional<std::string>;

namespace {

/// Plain notation whatever the size: the shortest digits, filled up with zeros.
template <typename Float>
Result<Text> plain_text(Float number) {
    const auto decimal = [&] {
        if constexpr (std::is_same_v<Float, float>) return Decimal::from_float32(number);
        if constexpr (std::is_same_v<Float, double>) return Decimal::from_float(number);
    }();
    if (const auto* error = std::get_if<Decimal::ParseError>(&decimal)) return Failure{error->text};
    return Text(std::get<Decimal>(decimal).to_string());
}

}  // namespace

Result<Text> output_text(const Value& output) {
    if (output.is_null()) return Text();
    if (const std::string* text = output.text_or_null()) return Text(*text);
    if (output.map_or_null() != nullptr) {
        try {
            return Text(codec::write_json(output));
        } catch (const codec::JsonUnsupported& error) {
            return Failure{error.what()};
        }
    }
    if (const Decimal* decimal = output.get_if<Decimal>()) return Text(decimal->to_string());
    if (const double* number = output.get_if<double>()) return plain_text(*number);
    if (const float* number = output.get_if<float>()) return plain_text(*number);
    if (const auto integer = codec::to_big_int(output)) return Text(to_decimal(*integer));
    return Failure{"unable to process output type " + output.go_kind()};
}

Result<std::vector<Text>> output_texts(const codec::List& outputs) {
    std::vector<Text> texts;
    for (const Value& output : outputs) {
        auto text = output_text(output);
        if (!text) return text.error();
        texts.push_back(std::move(*text));
    }
    return texts;
}

std::string combined_error_text(const std::vector<Text>& errors) {
    std::string all;
    for (const Text& error : errors) {
        if (!error) continue;
        if (!all.empty()) all += "; ";
        all += *error;
    }
    return all;
}

}  // namespace baton::pipeline
