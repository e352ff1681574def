#include "baton/codec/abi.hpp"
#include "baton/codec/json.hpp"

#include <algorithm>
#include <optional>

namespace baton::codec {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}
bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_list(char c) {
    return is_name(c) || is_space(c) || c == '[' || c == ']' || c == ',';
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (is_space(text.front()) || text.front() == '\v'))
        text.remove_prefix(1);
    while (!text.empty() && (is_space(text.back()) || text.back() == '\v'))
        text.remove_suffix(1);
    return text;
}

std::string without(std::string text, std::string_view word) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t next = std::min(text.find(word, at), text.size());
        out.append(text, at, next - at);
        at = next + word.size();
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char separator, bool keep_empty) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t next = std::min(text.find(separator, at), text.size());
        if (keep_empty || next > at) parts.emplace_back(text.substr(at, next - at));
        at = next + 1;
    }
    return parts;
}

[[noreturn]] void refuse(const std::string& problem, std::string_view list) {
    throw AbiError("bad ABI specification, " + problem + ": " + std::string(list));
}

/// Refuses what a log's argument must not be; the rest has type, keyword, name.
void check_indexed(const std::vector<std::string>& parts, std::string_view list) {
    if (parts[1] == "indexed") return;
    if (parts[0] == "indexed" || parts[2] == "indexed") {
        refuse("'indexed' keyword must appear between argument type and name", list);
    }
    refuse("unknown keyword '" + parts[1] + "' between argument type and name", list);
}

AbiArgument parse_argument(std::string_view text, bool is_log, std::string_view list) {
    std::string cleaned(text);
    for (const std::string_view word : {"calldata", "memory", "storage"})
        cleaned = without(std::move(cleaned), word);
    const std::vector<std::string> parts = split(trim(cleaned), ' ', false);
    if (parts.empty()) refuse("empty argument", list);
    if (parts.size() == 1) refuse("missing argument name", list);
    if (parts.size() == 2 && is_log && parts[1] == "indexed") refuse("missing argument name", list);
    if (parts.size() > (is_log ? 3U : 2U)) refuse("too many components in argument", list);
    if (parts.size() == 3) check_indexed(parts, list);
    try {
        return {parts.back(), parse_abi_type(parts.front()), parts.size() == 3};
    } catch (const AbiError& error) {
        throw AbiError("bad ABI specification: " + std::string(error.what()));
    }
}

/// "  name ( list )" taken apart; nothing if the text has another form.
struct SignatureText {
    std::string_view name;
    std::string_view list;
};

std::optional<SignatureText> split_signature(std::string_view text) {
    const auto skip_spaces = [&text] {
        while (!text.empty() && is_space(text.front()))
            text.remove_prefix(1);
    };
    SignatureText result;
    skip_spaces();
    const auto name_end = std::ranges::find_if_not(text, is_name);
    result.name = text.substr(0, static_cast<std::size_t>(name_end - text.begin()));
    text.remove_prefix(result.name.size());
    skip_spaces();
    if (text.size() < 2 || text.front() != '(' || text.back() != ')') return std::nullopt;
    result.list = text.substr(1, text.size() - 2);
    if (!std::ranges::all_of(result.list, is_list)) return std::nullopt;
    return result;
}

/// A member by its Go rule: the exact key, else one that differs in case only.
const Value* go_member(const Map& object, std::string_view key) {
    if (const auto exact = object.find(key); exact != object.end()) return &exact->second;
    const auto same = [&key](const auto& entry) {
        return std::ranges::equal(entry.first, key, [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
        });
    };
    const auto found = std::ranges::find_if(object, same);
    return found == object.end() ? nullptr : &found->second;
}

[[noreturn]] void refuse_json(const Value& value, const std::string& wanted) {
    const std::string kind = value.map_or_null() != nullptr    ? "object"
                             : value.list_or_null() != nullptr ? "array"
                             : value.text_or_null() != nullptr ? "string"
                             : value.get_if<bool>() != nullptr ? "bool"
                                                               : "number";
    throw AbiError("json: cannot unmarshal " + kind + " into Go value of type " + wanted);
}

/// Text of a member; empty if it is absent or null.
std::string text_member(const Map& object, std::string_view key) {
    const Value* value = go_member(object, key);
    if (value == nullptr || value->is_null()) return {};
    if (value->text_or_null() == nullptr) refuse_json(*value, "string");
    return *value->text_or_null();
}

const List& list_member(const Map& object, std::string_view key) {
    static const List none;
    const Value* value = go_member(object, key);
    if (value == nullptr || value->is_null()) return none;
    if (value->list_or_null() == nullptr) refuse_json(*value, "[]abi.ArgumentMarshaling");
    return *value->list_or_null();
}

/// Components within components cost call stack.
constexpr int max_component_depth = 64;

AbiComponent parse_component(const Value& json, int depth) {
    const Map* object = json.map_or_null();
    if (object == nullptr) refuse_json(json, "abi.ArgumentMarshaling");
    if (depth == max_component_depth) throw AbiError("unsupported arg type: more than 64 nested tuples");
    std::vector<AbiComponent> components;
    for (const Value& component : list_member(*object, "components")) {
        components.push_back(parse_component(component, depth + 1));
        const std::string& name = components.back().name;
        if (name.find_first_not_of('_') == std::string::npos) {
            throw AbiError("abi: purely anonymous or underscored field is not supported");
        }
    }
    return {text_member(*object, "name"), parse_abi_type(text_member(*object, "type"), components)};
}

}  // namespace

std::string AbiSignature::canonical() const {
    std::string text = name + "(";
    for (std::size_t i = 0; i < arguments.size(); ++i)
        text += (i == 0 ? "" : ",") + arguments[i].type.canonical;
    return text + ")";
}

AbiArguments parse_abi_arguments(std::string_view text, bool is_log) {
    AbiArguments arguments;
    if (trim(text).empty()) return arguments;
    for (const std::string& part : split(text, ',', true))
        arguments.push_back(parse_argument(part, is_log, text));
    return arguments;
}

AbiSignature parse_abi_signature(std::string_view text, bool is_log) {
    const auto parts = split_signature(text);
    if (!parts) throw AbiError("bad ABI specification: " + std::string(text));
    return {std::string(parts->name), parse_abi_arguments(parts->list, is_log)};
}

AbiSignature parse_abi_json(std::string_view text) {
    const Value json = read_json(text);
    AbiSignature signature;
    if (json.is_null()) return signature;
    const Map* object = json.map_or_null();
    if (object == nullptr) refuse_json(json, "abi.Method");
    signature.name = text_member(*object, "name");
    for (const Value& input : list_member(*object, "inputs")) {
        AbiComponent component = parse_component(input, 0);
        signature.arguments.push_back({std::move(component.name), std::move(component.type), false});
    }
    return signature;
}

}  // namespace baton::codec
