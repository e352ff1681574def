#include "baton/pipeline/params.hpp"

#include <algorithm>

namespace baton::pipeline {

using codec::Value;

void Params::note(const Spec& spec, const Failure& reason) {
    if (!failures_.empty()) failures_ += "; ";
    failures_.append(spec.label.empty() ? spec.attribute : spec.label).append(": ").append(reason.text);
}

const Value* Params::find(const Spec& spec) {
    const Attribute* const attribute = context_.task.attribute(spec.attribute);
    for (const Getter getter : spec.getters) {
        const auto found = try_getter(getter, attribute);
        if (!found) {
            note(spec, found.error());
            return nullptr;
        }
        if (*found != nullptr) return *found;
    }
    if (spec.fallback) return keep(*spec.fallback);
    note(spec, Failure{std::string(sentinel::parameter_empty)});
    return nullptr;
}

Result<const Value*> Params::try_getter(Getter getter, const Attribute* attribute) {
    constexpr const Value* empty = nullptr;
    switch (getter) {
        case Getter::var: {
            if (attribute == nullptr || !attribute->variable) return empty;
            const auto found = attribute->variable->find(context_.vars);
            if (!found) return found;
            if (const codec::ErrorValue* error = (*found)->error_or_null()) {
                return failure("VarExpr: " + error->text, sentinel::too_many_errors);
            }
            return found;
        }
        case Getter::json:
        case Getter::json_with_errors: {
            if (attribute == nullptr || attribute->json == nullptr) return empty;
            auto filled = attribute->json->fill(context_.vars, getter == Getter::json_with_errors);
            if (!filled) return filled.error();
            return keep(std::move(*filled));
        }
        case Getter::text:
            if (attribute == nullptr || attribute->trimmed.empty()) return empty;
            return keep(attribute->trimmed);
        case Getter::raw:
            return keep(attribute == nullptr ? std::string() : attribute->text);
        case Getter::input0: {
            if (context_.inputs.empty()) return Failure{std::string(sentinel::index_out_of_range)};
            const Value* const input = context_.inputs.front();
            if (const codec::ErrorValue* error = input->error_or_null()) return Failure{error->text};
            return input;
        }
        case Getter::inputs: {
            if (context_.inputs.empty()) return keep(Value());
            codec::List all;
            all.reserve(context_.inputs.size());
            for (const Value* input : context_.inputs)
                all.push_back(*input);
            return keep(Value::list(std::move(all)));
        }
    }
    return empty;
}

std::optional<Failure> check_inputs(std::span<const Value* const> inputs, int min, int max, int max_errors) {
    constexpr std::string_view context = "task inputs";
    const auto count = static_cast<std::ptrdiff_t>(inputs.size());
    if ((min >= 0 && count < min) || (max >= 0 && count > max)) {
        return failure(context, "min: " + std::to_string(min) + " max: " + std::to_string(max) + " (got " +
                                    std::to_string(count) + "): " + std::string(sentinel::wrong_input_count));
    }
    const auto errors =
        std::ranges::count_if(inputs, [](const Value* input) { return input->error_or_null() != nullptr; });
    if (max_errors >= 0 && errors > max_errors) return failure(context, sentinel::too_many_errors);
    return std::nullopt;
}

}  // namespace baton::pipeline
