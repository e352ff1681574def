#include "baton/codec/toml.hpp"

#include "baton/codec/go_value.hpp"

#include <toml++/toml.h>
#include <algorithm>
#include <cctype>
#include <sstream>

namespace baton::codec {

namespace {

TomlPosition position_of(const toml::source_region& region) {
    return {region.begin.line, region.begin.column};
}

TomlTable read_table(const toml::table& table);

template <typename T>
TomlDateTime date_time(const T& value) {
    std::ostringstream text;
    text << value;
    return {text.str()};
}

TomlValue read_value(const toml::node& node, TomlPosition position);

TomlValue::Array read_array(const toml::array& array) {
    TomlValue::Array items;
    for (const toml::node& item : array)
        items.push_back(read_value(item, position_of(item.source())));
    return items;
}

TomlValue read_value(const toml::node& node, TomlPosition position) {
    TomlValue::Storage storage;
    node.visit([&storage](const auto& held) {
        using T = std::remove_cvref_t<decltype(held)>;
        if constexpr (toml::is_table<T>) {
            storage = read_table(held);
        } else if constexpr (toml::is_array<T>) {
            storage = read_array(held);
        } else if constexpr (toml::is_date<T> || toml::is_time<T> || toml::is_date_time<T>) {
            storage = date_time(held.get());
        } else {
            storage = held.get();
        }
    });
    return {std::move(storage), position};
}

/// The library keeps tables sorted by key; the places of the keys tell the order in the document.
TomlTable read_table(const toml::table& table) {
    using Entry = std::pair<const toml::key*, const toml::node*>;
    std::vector<Entry> entries;
    for (const auto& [key, node] : table)
        entries.emplace_back(&key, &node);
    std::ranges::stable_sort(entries, {}, [](const Entry& entry) {
        const toml::source_position begin = entry.first->source().begin;
        return std::pair(begin.line, begin.column);
    });
    TomlTable result;
    for (const auto& [key, node] : entries)
        result.add(std::string(key->str()), read_value(*node, position_of(key->source())));
    return result;
}

std::string with_case(std::string_view text, int (*change)(int)) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [change](unsigned char c) { return static_cast<char>(change(c)); });
    return out;
}

struct ScalarText {
    std::optional<std::string> operator()(const std::string& text) const { return text; }
    std::optional<std::string> operator()(std::int64_t value) const { return std::to_string(value); }
    std::optional<std::string> operator()(double value) const { return go_float_text(value); }
    std::optional<std::string> operator()(bool value) const { return value ? "true" : "false"; }
    std::optional<std::string> operator()(const TomlDateTime& value) const { return value.text; }
    std::optional<std::string> operator()(const TomlValue::Array&) const { return std::nullopt; }
    std::optional<std::string> operator()(const TomlTable&) const { return std::nullopt; }
};

}  // namespace

std::string TomlPosition::to_string() const {
    return "(" + std::to_string(line) + ", " + std::to_string(column) + ")";
}

TomlError::TomlError(TomlPosition position, const std::string& reason)
    : InvalidInput(position.to_string() + ": " + reason), position_(position) {}

const TomlValue* TomlTable::get(std::string_view key) const {
    const auto found = std::ranges::find(members_, key, &std::pair<std::string, TomlValue>::first);
    return found == members_.end() ? nullptr : &found->second;
}

const TomlValue* TomlTable::find(std::string_view field) const {
    if (const TomlValue* exact = get(field)) return exact;
    if (const TomlValue* lower = get(with_case(field, std::tolower))) return lower;
    if (const TomlValue* upper = get(with_case(field, std::toupper))) return upper;
    if (field.empty()) return nullptr;
    return get(with_case(field.substr(0, 1), std::tolower) + std::string(field.substr(1)));
}

void TomlTable::add(std::string key, TomlValue value) {
    members_.emplace_back(std::move(key), std::move(value));
}

std::optional<std::string> TomlValue::scalar_text() const {
    return std::visit(ScalarText{}, storage_);
}

std::string TomlValue::kind() const {
    constexpr std::array names = {"string", "integer", "float", "boolean", "datetime", "array", "table"};
    return names.at(storage_.index());
}

TomlTable read_toml(std::string_view text) {
    try {
        return read_table(toml::parse(text));
    } catch (const toml::parse_error& error) {
        throw TomlError(position_of(error.source()), std::string(error.description()));
    }
}

}  // namespace baton::codec
