#include "cmd/baton/rendering.hpp"

#include "baton/codec/json.hpp"
#include "baton/codec/rfc3339.hpp"
#include "cmd/baton/failure.hpp"
#include "cmd/baton/json_text.hpp"

#include <chrono>

namespace baton::cli {

namespace {

std::string raw_member(const std::vector<std::pair<std::string, std::string>>& members,
                       std::string_view key) {
    for (const auto& [name, value] : members) {
        if (name == key) return value;
    }
    return "";
}

Resource read_resource(const codec::Value& value, const std::string& raw) {
    Resource resource;
    resource.id = codec::string_or(value, "id");
    if (const auto* attributes = codec::member(value, "attributes")) resource.attributes = *attributes;
    resource.attributes_json = raw_member(codec::read_raw_members(raw), "attributes");
    if (resource.attributes_json.empty()) resource.attributes_json = "{}";
    return resource;
}

std::vector<Resource> resources_of(const std::string& document) {
    const auto root = codec::read_json(document);
    const auto* data = codec::member(root, "data");
    if (!data) throw Failure("parseResponse error: the answer has no data");
    const auto raw = raw_member(codec::read_raw_members(document), "data");
    std::vector<Resource> resources;
    if (const auto* list = data->list_or_null()) {
        const auto texts = json_elements(raw);
        for (std::size_t i = 0; i < list->size(); ++i)
            resources.push_back(read_resource((*list)[i], texts.at(i)));
    } else {
        resources.push_back(read_resource(*data, raw));
    }
    return resources;
}

std::string attributes_of(const Resource& resource, bool with_id) {
    if (!with_id) return resource.attributes_json;
    const auto begin = resource.attributes_json.find('{');
    const auto members = resource.attributes_json.substr(begin + 1);
    const bool empty = members.find_first_not_of(" \t\r\n") == members.rfind('}');
    return "{\"id\":" + codec::quote_json(resource.id) + (empty ? "" : ",") + members;
}

}  // namespace

std::vector<Resource> read_resources(const std::string& document) {
    try {
        return resources_of(document);
    } catch (const codec::JsonError& fault) {
        throw Failure(std::string("parseResponse error: ") + fault.what());
    }
}

std::string resource_json(const Resource& resource, bool with_id) {
    return indent_json(attributes_of(resource, with_id));
}

std::string resources_json(const std::vector<Resource>& resources, bool with_id) {
    std::string list = "[";
    for (const auto& resource : resources)
        list += (list.size() > 1 ? "," : "") + attributes_of(resource, with_id);
    return indent_json(list + "]");
}

std::string table_time(const std::string& rfc3339) {
    const auto time = codec::parse_rfc3339(rfc3339);
    return time ? to_rfc3339(std::chrono::floor<std::chrono::seconds>(*time)) : rfc3339;
}

std::string list_time(const std::string& rfc3339) {
    const auto time = codec::parse_rfc3339(rfc3339);
    return time ? to_go_time(*time) : rfc3339;
}

}  // namespace baton::cli
