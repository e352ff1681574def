#include "baton/api/json_input.hpp"

#include "baton/base/error.hpp"
#include "baton/codec/json.hpp"
#include "baton/net/http_message.hpp"

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
        throw InvalidInput("json: cannot unmarshal " + json_kind(value_) + " into Go value of type web." +
                           go_type_);
}

std::string JsonInput::text(std::string_view name) const {
    const auto* members = value_.map_or_null();
    if (!members) return "";
    const codec::Value* found = codec::member(value_, name);
    for (auto member = members->begin(); !found && member != members->end(); ++member) {
        if (net::equal_ignoring_case(member->first, name)) found = &member->second;
    }
    if (!found || found->is_null()) return "";
    if (const auto* text = found->text_or_null()) return *text;
    throw InvalidInput("json: cannot unmarshal " + json_kind(*found) + " into Go struct field " + go_type_ +
                       "." + std::string(name) + " of type string");
}

}  // namespace baton::api
