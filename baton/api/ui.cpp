#include "baton/api/ui.hpp"

#include "baton/api/answers.hpp"
#include "baton/crypto/sha.hpp"

#include <algorithm>

namespace baton::api {

namespace {

constexpr std::string_view html_type = "text/html; charset=utf-8";
constexpr std::string_view no_page =
    "<!doctype html><title>Baton</title><p>The operator's page is not part of this build. The API is at "
    "/v2.</p>\n";

/// "/v2/...", "/v17/..."
bool is_versioned(std::string_view path) {
    if (!path.starts_with("/v")) return false;
    const auto slash = path.find('/', 1);
    if (slash == std::string_view::npos) return false;
    const auto digits = path.substr(2, slash - 2);
    return !digits.empty() &&
           std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool has_extension(std::string_view path) {
    const auto slash = path.rfind('/');
    return path.find('.', slash == std::string_view::npos ? 0 : slash) != std::string_view::npos;
}

}  // namespace

Ui::Ui(std::span<const UiAsset> assets) {
    for (const auto& asset : assets) {
        const auto hash = crypto::sha256(as_bytes(asset.bytes));
        std::string path(asset.path);
        if (!path.starts_with('/')) path.insert(0, "/");
        files_[path] = {asset, '"' + to_hex(hash.view().first(16)) + '"'};
    }
}

net::Response Ui::serve(const net::Request& request, std::string_view path) const {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (const auto file = files_.find(path); file != files_.end() && reads)
        return send(file->second, request);
    if (is_versioned(path) || has_extension(path) || is_asset_path(path)) return answer(404, "", "");
    if (const auto page = files_.find("/index.html"); page != files_.end())
        return send(page->second, request);
    return answer(200, html_type, std::string(no_page));
}

net::Response Ui::send(const File& file, const net::Request& request) const {
    auto response = request.headers.get("If-None-Match") == file.etag
                        ? answer(304, "", "")
                        : answer(200, file.asset.content_type, std::string(file.asset.bytes));
    // Names do not change with the content: a browser asks each time whether its copy is still good.
    response.headers.set("Cache-Control", "no-cache");
    response.headers.set("ETag", file.etag);
    return response;
}

}  // namespace baton::api
