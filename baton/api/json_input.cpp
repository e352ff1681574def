#include "baton/api/json_input.hpp"

#include "baton/base/error.hpp"
#include "baton/codec/json.hpp"
#include "baton/net/http_message.hpp"

#include <limits>

namespace baton::api {

namespace {

std::string json_kind(const codec::Value& value) {
    if (value.list_or_null()) return "array";
    if (value.map_or_null()) return "object";
    if (value.text_or_null()) return "string";
    if (value.get_if<bool>()) return "bool";
    return "number";
}

}  // namespace

JsonInput::JsonInput(std::string_view body, std::string go_type)
    : value_(codec::read_first_json(body)), go_type_(std::move(go_type)) {
    if (!value_.map_or_null() && !value_.is_null())
        throw InvalidInput("json: cannot unmarshal " + json_kind(value_) + " into Go value of type " +
                           (go_type_.find('.') == std::string::npos ? "web." : "") + go_type_);
}

const codec::Value* JsonInput::find(std::string_view name) const {
    const auto* members = value_.map_or_null();
    if (!members) return nullptr;
    const codec::Value* found = codec::member(value_, name);
    for (auto member = members->begin(); !found && member != members->end(); ++member) {
        if (net::equal_ignoring_case(member->first, name)) found = &member->second;
    }
    return !found || found->is_null() ? nullptr : found;
}

void JsonInput::refuse(const std::string& kind, std::string_view name, std::string_view go_kind) const {
    const auto type = go_type_.substr(go_type_.find('.') + 1);
    throw InvalidInput("json: cannot unmarshal " + kind + " into Go struct field " + type + "." +
                       std::string(name) + " of type " + std::string(go_kind));
}

std::string JsonInput::text(std::string_view name) const {
    const auto* found = find(name);
    if (!found) return "";
    const auto* text = found->text_or_null();
    if (!text) refuse(json_kind(*found), name, "string");
    return *text;
}

std::uint32_t JsonInput::uint32(std::string_view name) const {
    const auto* found = find(name);
    if (!found) return 0;
    const auto number = codec::to_int64(*found);
    if (number && *number >= 0 && *number <= std::numeric_limits<std::uint32_t>::max())
        return static_cast<std::uint32_t>(*number);
    const auto kind = json_kind(*found);
    refuse(kind == "number" ? kind + " " + codec::write_json(*found) : kind, name, "uint32");
}

std::optional<std::string> JsonInput::quoted(std::string_view name, const std::string& otherwise) const {
    const auto* found = find(name);
    if (!found) return std::nullopt;
    const auto* text = found->text_or_null();
    if (!text) throw InvalidInput(otherwise);
    return *text;
}

}  // namespace baton::api
