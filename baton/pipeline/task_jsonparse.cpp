#include "baton/codec/json.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

using codec::Value;

namespace {

using Path = std::vector<std::string>;

Failure cannot_resolve(const Path& path, BytesView data) {
    codec::List segments(path.begin(), path.end());
    return failure("could not resolve path " + codec::write_json(Value::list(std::move(segments))) + " in " +
                       std::string(as_text(data)),
                   sentinel::keypath_not_found);
}

/// Of any size; nothing when the segment is no base-10 integer.
std::optional<BigInt> list_index(const std::string& segment, std::size_t size) {
    auto index = parse_decimal_integer(segment);
    if (index && *index < 0) *index += size;
    return index;
}

/// One step; nullptr in the result: there is no such member (or `value` has none).
Result<const Value*> step(const Value& value, const std::string& segment) {
    constexpr const Value* missing = nullptr;
    if (const codec::Map* map = value.map_or_null()) {
        const auto member = map->find(segment);
        return member == map->end() ? missing : &member->second;
    }
    const codec::List* list = value.list_or_null();
    if (list == nullptr) return missing;
    const auto index = list_index(segment, list->size());
    if (!index) {
        return failure("JSONParse task error: " + segment + " is not a valid array index",
                       sentinel::keypath_not_found);
    }
    if (*index < 0 || *index >= list->size()) return missing;
    return &(*list)[static_cast<std::size_t>(*index)];
}

Result<Value> walk(const Value& document, const Path& path, bool lax, BytesView data) {
    static const Value null;
    const Value* current = &document;
    for (const std::string& segment : path) {
        const bool has_members = current->map_or_null() != nullptr || current->list_or_null() != nullptr;
        if (!has_members) return cannot_resolve(path, data);
        const auto found = step(*current, segment);
        if (!found) return found.error();
        if (*found == nullptr && !lax) return cannot_resolve(path, data);
        // The walk goes on: lax forgives the last segment only.
        current = *found == nullptr ? &null : *found;
    }
    return *current;
}

/// Also a number, which an adapter may have delivered (v1.11.0 hands on its JSON text).
Result<BytesParam> to_json_text(const Value& value) {
    const bool number = value.get_if<std::int64_t>() != nullptr || value.get_if<std::uint64_t>() != nullptr ||
                        value.get_if<BigInt>() != nullptr || value.get_if<double>() != nullptr;
    if (!number) return to_bytes_param(value);
    const std::string json = codec::write_json(value);
    return BytesParam::owning(Bytes(json.begin(), json.end()));
}

}  // namespace

TaskResult run_jsonparse(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const std::string separator = params.get({"separator", {Getter::raw}}, to_text);
    const auto path = params.get({"path", {Getter::var, Getter::raw}},
                                 [&](const Value& value) { return to_json_path(value, separator); });
    const BytesParam data = params.get({"data", {Getter::var, Getter::input0}}, to_json_text);
    const bool lax = params.get({"lax", {Getter::text}, Value(false)}, to_bool);
    if (params.failed()) return params.result();
    Value document;
    try {
        document = codec::read_first_json(as_text(data.view()));
    } catch (const codec::JsonError& error) {
        const std::string reason = error.what();
        // A number out of range is told the other way round.
        if (reason.starts_with("failed to parse json.Value")) {
            return TaskResult::failed({std::string(sentinel::bad_input) + "; " + reason});
        }
        return TaskResult::failed({reason});
    }
    auto found = walk(document, path.value_or(Path()), lax, data.view());
    if (!found) return TaskResult::failed(found.error());
    return TaskResult::success(std::move(*found));
}

}  // namespace baton::pipeline
