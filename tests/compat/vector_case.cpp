#include "vector_case.hpp"

#include "baton/codec/json.hpp"
#include "baton/codec/vector_value.hpp"
#include "baton/pipeline/coerce.hpp"

namespace baton::compat {

using codec::Value;

namespace {

/// Some cases write a memo object with a plain number inside; a real one keeps all numbers as decimals.
Value read_value(const Value& json) {
    const Value value = codec::read_vector_value(json);
    const codec::MemoObject* memo = value.memo_or_null();
    if (memo == nullptr || memo->inner.list_or_null() != nullptr) return value;
    const auto made = pipeline::to_memo(memo->inner);
    return made ? *made : value;
}

}  // namespace

std::optional<std::string> VectorCase::param(std::string_view name) const {
    const Value* value = codec::at(json, {"params", name});
    if (value == nullptr || value->text_or_null() == nullptr) return std::nullopt;
    return *value->text_or_null();
}

std::string VectorCase::param_or(std::string_view name, std::string_view fallback) const {
    return param(name).value_or(std::string(fallback));
}

codec::Map VectorCase::vars() const {
    codec::Map vars;
    const Value* written = codec::member(json, "vars");
    if (written == nullptr) return vars;
    for (const auto& [name, value] : *written->map_or_null())
        vars.emplace(name, read_value(value));
    return vars;
}

std::vector<Value> VectorCase::inputs() const {
    std::vector<Value> inputs;
    const Value* written = codec::member(json, "inputs");
    if (written == nullptr) return inputs;
    for (const Value& input : *written->list_or_null()) {
        if (const Value* error = codec::member(input, "error")) {
            inputs.emplace_back(codec::ErrorValue{*error->text_or_null()});
        } else {
            inputs.push_back(read_value(*codec::member(input, "value")));
        }
    }
    return inputs;
}

Value VectorCase::first_input() const {
    const auto all = inputs();
    return all.empty() ? Value() : all.front();
}

const Value* VectorCase::env(std::string_view name) const {
    return codec::at(json, {"env", name});
}
const Value* VectorCase::expect(std::string_view name) const {
    return codec::at(json, {"expect", name});
}

std::vector<VectorCase> read_cases(std::string text, std::string_view server) {
    constexpr std::string_view placeholder = "{{server}}";
    for (auto at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + server.size())) {
        text.replace(at, placeholder.size(), server);
    }
    const Value parsed = codec::read_json(text);
    const codec::List* list = parsed.list_or_null();
    if (list == nullptr) throw InvalidInput("the case file is not a JSON array");
    std::vector<VectorCase> cases;
    for (const Value& item : *list) {
        cases.push_back({codec::string_or(item, "id"), codec::string_or(item, "task"), item});
        if (cases.back().id.empty() || cases.back().task.empty()) {
            throw InvalidInput("case " + std::to_string(cases.size()) + " has no id or no task");
        }
    }
    return cases;
}

}  // namespace baton::compat
