#include "baton/pipeline/expression.hpp"

#include "baton/codec/json.hpp"
#include "baton/pipeline/go_text.hpp"

#include <algorithm>
#include <vector>

namespace baton::pipeline {

using codec::List;
using codec::Map;
using codec::Value;

namespace {

constexpr std::string_view marker_key = "__chainlink_key_path__";

// Values that variables bring in are scanned as well, so a marker in one of them can lead back to itself:
// v1.11.0 then runs until its memory ends.
constexpr int deepest = 1'000;
constexpr int most_substitutions = 10'000;

bool is_pattern_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

struct Mention {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string_view path;
};

/// The next $(name) at or after `from`.
std::optional<Mention> next_mention(std::string_view text, std::size_t from) {
    for (auto at = text.find("$(", from); at != std::string_view::npos; at = text.find("$(", at + 1)) {
        std::size_t i = at + 2;
        while (i < text.size() && is_pattern_space(text[i]))
            ++i;
        const std::size_t name = i;
        while (i < text.size() && is_name_character(text[i]))
            ++i;
        const std::string_view path = text.substr(name, i - name);
        while (i < text.size() && is_pattern_space(text[i]))
            ++i;
        if (!path.empty() && i < text.size() && text[i] == ')') return Mention{at, i + 1, path};
    }
    return std::nullopt;
}

/// Every mention as an object that JSON can hold.
std::string with_markers(std::string_view text, bool& found) {
    std::string out;
    std::size_t done = 0;
    while (const auto mention = next_mention(text, done)) {
        out += text.substr(done, mention->begin - done);
        out.append("{ \"").append(marker_key).append("\": \"").append(mention->path).append("\" }");
        done = mention->end;
        found = true;
    }
    out += text.substr(done);
    return out;
}

const Value* marker_of(const Value& value) {
    const Map* map = value.map_or_null();
    if (map == nullptr) return nullptr;
    const auto member = map->find(marker_key);
    return member == map->end() ? nullptr : &member->second;
}

/// True when something inside the value, not the value itself, is a marker. Iterative: values can be deep.
bool holds_markers(const Value& value) {
    std::vector<const Value*> pending{&value};
    while (!pending.empty()) {
        const Value* current = pending.back();
        pending.pop_back();
        const auto look_at = [&](const Value& child) {
            if (!child.is_container()) return false;
            if (marker_of(child) != nullptr) return true;
            pending.push_back(&child);
            return false;
        };
        if (const Map* map = current->map_or_null()) {
            if (std::ranges::any_of(*map, [&](const auto& member) { return look_at(member.second); }))
                return true;
        } else if (const List* list = current->list_or_null()) {
            if (std::ranges::any_of(*list, look_at)) return true;
        }
    }
    return false;
}

class Filler {
  public:
    Filler(const Map& vars, bool allow_errors) : vars_(vars), allow_errors_(allow_errors) {}

    /// The value of a marker map.
    Result<Value> substitute(const Value& marker) {
        const std::string* path = marker.text_or_null();
        if (path == nullptr) return bad_input("you cannot use " + std::string(marker_key) + " in your JSON");
        if (++substitutions_ > most_substitutions) return bad_input("too many variables in JSON");
        const auto found = Keypath(*path).find(vars_);
        if (!found) return found.error();
        const codec::ErrorValue* error = (*found)->error_or_null();
        if (error != nullptr && !allow_errors_) return bad_input("error is not allowed: " + error->text);
        return **found;
    }

    /// The container with everything below it filled in; the value itself when there is nothing to fill in.
    Result<Value> fill_children(const Value& value, int depth) {
        if (!value.is_container() || !holds_markers(value)) return value;
        if (depth > deepest) return bad_input("variables in JSON are nested too deeply");
        if (const Map* map = value.map_or_null()) return fill_map(*map, depth);
        return fill_list(*value.list_or_null(), depth);
    }

  private:
    Result<Value> fill_child(const Value& child, int depth) {
        const Value* marker = marker_of(child);
        if (marker == nullptr) return fill_children(child, depth + 1);
        const auto value = substitute(*marker);
        if (!value) return value;
        return fill_children(*value, depth + 1);
    }

    Result<Value> fill_map(const Map& map, int depth) {
        Map filled;
        for (const auto& [key, member] : map) {
            auto value = fill_child(member, depth);
            if (!value) return value;
            filled.emplace_hint(filled.end(), key, std::move(*value));
        }
        return Value::map(std::move(filled));
    }

    Result<Value> fill_list(const List& list, int depth) {
        List filled;
        filled.reserve(list.size());
        for (const Value& item : list) {
            auto value = fill_child(item, depth);
            if (!value) return value;
            filled.push_back(std::move(*value));
        }
        return Value::list(std::move(filled));
    }

    const Map& vars_;
    bool allow_errors_;
    int substitutions_ = 0;
};

/// A value whose outermost container nobody else holds: tasks may change it (merge).
Value own_copy(const Value& value) {
    if (const Map* map = value.map_or_null()) return Value::map(*map);
    if (const List* list = value.list_or_null()) return Value::list(*list);
    return value;
}

}  // namespace

std::optional<std::string_view> variable_path(std::string_view text) {
    const std::string_view trimmed = trim_space(text);
    if (trimmed.size() < 3 || !trimmed.starts_with("$(") || !trimmed.ends_with(')')) return std::nullopt;
    if (trimmed.find('$', 1) != std::string_view::npos) return std::nullopt;
    const std::string_view inside = trim_space(trimmed.substr(2, trimmed.size() - 3));
    if (inside.empty()) return std::nullopt;
    return inside;
}

bool mentions_variable(std::string_view text) {
    return next_mention(text, 0).has_value();
}

JsonTemplate::JsonTemplate(std::string_view text) {
    const std::string json = with_markers(text, has_variables_);
    try {
        parsed_ = codec::read_first_json(json);
    } catch (const codec::JsonError& error) {
        fault_ = bad_input("while unmarshalling JSON: " + std::string(error.what()) + "; js: " + json);
        return;
    }
    // The marker may be written by hand, too.
    has_variables_ = has_variables_ || marker_of(parsed_) != nullptr || holds_markers(parsed_);
}

Result<Value> JsonTemplate::fill(const Map& vars, bool allow_errors) const {
    if (fault_) return *fault_;
    if (!has_variables_) return own_copy(parsed_);
    Filler filler(vars, allow_errors);
    if (const Value* marker = marker_of(parsed_)) {
        // Looked up, so that a missing or errored variable fails, but not put in.
        const auto unused = filler.substitute(*marker);
        if (!unused) return unused;
        return own_copy(parsed_);
    }
    return filler.fill_children(parsed_, 0);
}

Attribute::Attribute(std::string_view attribute, std::string value, bool is_json)
    : name(attribute), text(std::move(value)), trimmed(trim_space(text)) {
    if (const auto path = variable_path(text)) variable.emplace(*path);
    if (is_json && !trimmed.empty()) json = std::make_shared<JsonTemplate>(text);
}

}  // namespace baton::pipeline
