#pragma once

#include "baton/codec/value.hpp"
#include "cmd/baton/invocation.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace baton::cli {

/// One resource of an answer of the API.
struct Resource {
    std::string id;
    codec::Value attributes;
    /// As the server sent them.
    std::string attributes_json;
};

/// The "data" of a document, one resource or a list. Throws Failure "parseResponse error: ..." for anything
/// else.
std::vector<Resource> read_resources(const std::string& document);

/// The attributes for -j, with the id in front when `with_id`.
std::string resource_json(const Resource& resource, bool with_id);
/// The same for a list.
std::string resources_json(const std::vector<Resource>& resources, bool with_id);

/// RFC 3339 without fraction, as tables show times; the text itself when it is no time.
std::string table_time(const std::string& rfc3339);
/// Go's default form, as lists show times.
std::string list_time(const std::string& rfc3339);

}  // namespace baton::cli
