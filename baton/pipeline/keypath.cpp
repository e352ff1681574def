#include "baton/pipeline/keypath.hpp"

#include "baton/pipeline/go_text.hpp"

namespace baton::pipeline {

using codec::Value;

Keypath::Keypath(std::string_view text) : text_(trim_space(text)) {
    if (text_.empty()) {
        fault_ = Failure{std::string(sentinel::vars_root)};
        return;
    }
    std::size_t start = 0;
    while (true) {
        const auto dot = text_.find('.', start);
        segments_.push_back(text_.substr(start, dot == std::string::npos ? dot : dot - start));
        if (segments_.back().empty()) {
            fault_ = failure("empty keypath segment at index " + std::to_string(segments_.size() - 1),
                             sentinel::wrong_keypath);
            return;
        }
        if (dot == std::string::npos) return;
        start = dot + 1;
    }
}

Failure Keypath::missing(std::size_t segment) const {
    return failure(
        "key " + segments_[segment] + " (segment " + std::to_string(segment) + " in keypath " + text_ + ")",
        sentinel::keypath_not_found);
}

Result<const Value*> Keypath::find(const codec::Map& vars) const {
    if (fault_) return *fault_;
    const auto root = vars.find(segments_.front());
    if (root == vars.end()) return missing(0);
    const Value* current = &root->second;
    for (std::size_t i = 1; i < segments_.size(); ++i) {
        const std::string& segment = segments_[i];
        if (const codec::Map* map = current->map_or_null()) {
            const auto member = map->find(segment);
            if (member == map->end()) return missing(i);
            current = &member->second;
        } else if (const codec::List* list = current->list_or_null()) {
            const auto index = parse_int(segment);
            if (!index) {
                return failure("could not parse key as integer: " + index.error().text,
                               sentinel::keypath_not_found);
            }
            if (*index < 0 || static_cast<std::uint64_t>(*index) >= list->size()) {
                return failure("index " + std::to_string(*index) + " out of range (segment " +
                                   std::to_string(i) + " of length " + std::to_string(list->size()) +
                                   " in keypath " + text_ + ")",
                               sentinel::index_out_of_range);
            }
            current = &(*list)[static_cast<std::size_t>(*index)];
        } else {
            return failure(
                "value at key '" + segment + "' is a " + current->go_kind() + ", not a map or slice",
                sentinel::keypath_not_found);
        }
    }
    return current;
}

std::optional<Failure> check_variable_name(std::string_view name) {
    const std::string_view trimmed = trim_space(name);
    if (trimmed.empty()) return Failure{std::string(sentinel::vars_root)};
    if (trimmed.find('.') != std::string_view::npos) return failure(trimmed, sentinel::vars_set_nested);
    return std::nullopt;
}

}  // namespace baton::pipeline
