#include "baton/pipeline/resume_body.hpp"

#include "baton/codec/json.hpp"
#include "baton/pipeline/go_text.hpp"

namespace baton::pipeline {

namespace {

std::optional<std::string> read_error(const std::string& json) {
    const codec::Value value = codec::read_json(json);
    if (value.is_null()) return std::nullopt;
    if (const std::string* text = value.text_or_null()) return *text;
    throw codec::JsonError("null: couldn't unmarshal JSON: json: cannot unmarshal " +
                           std::string(json_kind_name(value)) + " into Go value of type string");
}

}  // namespace

ResumeBody parse_resume_body(std::string_view body) {
    ResumeBody result;
    try {
        for (const auto& [key, json] : codec::read_raw_members(body)) {
            if (key == "value") result.value = to_bytes(json);
            if (key == "error") result.error = read_error(json);
        }
    } catch (const codec::JsonError& error) {
        throw InvalidInput("failed to unmarshal JSON body: " + std::string(error.what()));
    }
    if (result.value.has_value() == result.error.has_value()) {
        throw InvalidInput("must provide only one of either 'value' or 'error' key");
    }
    return result;
}

TaskOutput to_output(const ResumeBody& body) {
    if (body.error) return {std::nullopt, body.error};
    const std::string json(as_text(*body.value));
    const bool number = !json.empty() && (json[0] == '-' || (json[0] >= '0' && json[0] <= '9'));
    if (number) {
        try {
            codec::read_json(json);
            return {json, std::nullopt};
        } catch (const codec::JsonError&) {
            // Out of range: handed on like everything else.
        }
    }
    return {codec::quote_json(to_0x(*body.value)), std::nullopt};
}

}  // namespace baton::pipeline
