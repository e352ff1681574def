#pragma once

#include <string_view>

namespace baton::api {

/// One file of the operator's page. Views of memory that lives as long as the Api (the page is part of the
/// binary).
struct UiAsset {
    /// Relative to the page's root: "index.html", "assets/index-1a2b3c.js"; a leading '/' is ignored.
    std::string_view path;
    std::string_view content_type;
    std::string_view bytes;
};

}  // namespace baton::api
