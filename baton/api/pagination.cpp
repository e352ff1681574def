#include "baton/api/pagination.hpp"

#include "baton/api/go_numbers.hpp"
#include "baton/api/problem.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace baton::api {

namespace {

constexpr std::int64_t default_size = 25;

/// The first value of a name, or "".
std::string query_value(const net::Request& request, std::string_view name) {
    for (auto& [key, value] : net::parse_query(request.query)) {
        if (key == name) return value;
    }
    return "";
}

std::int64_t read_number(const std::string& text, std::string_view what, std::int64_t fallback) {
    if (text.empty()) return fallback;
    const auto parsed = parse_go_integer(text, 64, "Atoi");
    const auto* value = std::get_if<std::int64_t>(&parsed);
    if (value && *value >= 1) return *value;
    throw Problem(422, "invalid " + std::string(what) + " param, error: " +
                           (value ? std::string("<nil>") : std::get<std::string>(parsed)));
}

/// As Go's url.QueryEscape.
std::string escape(std::string_view text) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string escaped;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '_' || c == '.' || c == '~';
        if (plain) {
            escaped += c;
        } else if (c == ' ') {
            escaped += '+';
        } else {
            escaped += '%';
            escaped += digits[byte >> 4];
            escaped += digits[byte & 15];
        }
    }
    return escaped;
}

/// Path and query with other page and size; names in alphabetical order.
std::string link_to(const net::Request& request, std::int64_t page, std::int64_t size) {
    std::map<std::string, std::vector<std::string>> values;
    for (auto& [name, value] : net::parse_query(request.query))
        values[name].push_back(value);
    values["page"] = {std::to_string(page)};
    values["size"] = {std::to_string(size)};
    std::string link = request.path;
    char separator = '?';
    for (const auto& [name, all] : values) {
        for (const auto& value : all) {
            link += separator;
            link += escape(name) + '=' + escape(value);
            separator = '&';
        }
    }
    return link;
}

}  // namespace

Page read_page(const net::Request& request, std::int64_t size_if_absent) {
    const auto size_text = query_value(request, "size");
    Page page;
    page.size = read_number(size_text, "size", default_size);
    page.number = read_number(query_value(request, "page"), "page", 1);
    // A page number near 2^63 would overflow; no table has that many rows.
    constexpr std::int64_t last_offset = std::int64_t{1} << 62;
    page.offset = page.number - 1 > last_offset / page.size ? last_offset : (page.number - 1) * page.size;
    if (size_text.empty()) page.size = size_if_absent;
    return page;
}

void write_links(JsonWriter& out, const net::Request& request, const Page& page, std::int64_t count) {
    if (count <= page.size) return;
    out.key("links").begin_object();
    // page * size < count, without overflow.
    if (page.number < (count + page.size - 1) / page.size)
        out.key("next").text(link_to(request, page.number + 1, page.size));
    if (page.number > 1) out.key("prev").text(link_to(request, page.number - 1, page.size));
    out.end_object();
}

void write_meta(JsonWriter& out, std::int64_t count) {
    out.key("meta").begin_object().key("count").integer(count).end_object();
}

}  // namespace baton::api
