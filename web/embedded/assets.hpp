#pragma once

#include <span>
#include <string_view>

namespace baton::web {

/// A file of the built page, inside the binary for as long as the program runs.
struct Asset {
    /// As a browser asks for it: "/index.html", "/assets/baton.js".
    std::string_view path;
    /// Value of the Content-Type header.
    std::string_view content_type;
    std::string_view bytes;
};

/// All files of web/dist, ordered by path. Names do not change with the content, so caches need a validator.
std::span<const Asset> assets();

}  // namespace baton::web
