#pragma once

#include "baton/api/json_writer.hpp"
#include "baton/net/http_message.hpp"

#include <cstdint>

namespace baton::api {

/// The part of a list that a request asks for (reference/rest-api.md section 2).
struct Page {
    std::int64_t number = 1;
    std::int64_t size = 25;
    std::int64_t offset = 0;
};

/// `size_if_absent`: what lists of jobs and runs take without `size`; the offset is computed with 25 all the
/// same. Throws Problem 422.
Page read_page(const net::Request& request, std::int64_t size_if_absent = 25);

/// The member "links", when there is more than one page.
void write_links(JsonWriter& out, const net::Request& request, const Page& page, std::int64_t count);
/// The member "meta".
void write_meta(JsonWriter& out, std::int64_t count);

}  // namespace baton::api
