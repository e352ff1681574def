#pragma once

#include "baton/api/ui_asset.hpp"
#include "baton/net/http_message.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace baton::api {

/// The operator's page and the rules for paths that are no route (reference/rest-api.md section 1).
class Ui {
  public:
    /// The memory behind `assets` outlives it.
    explicit Ui(std::span<const UiAsset> assets);

    /// "/v2/..." (any version), or a path with a file extension: answered 404 without a body unless the page
    /// has such a file. Everything else is the page itself, which does its own routing.
    net::Response serve(const net::Request& request, std::string_view path) const;

    /// True for files of the page below /assets/, which have a rate limit of their own.
    static bool is_asset_path(std::string_view path) { return path.starts_with("/assets/"); }

  private:
    struct File {
        UiAsset asset;
        std::string etag;
    };
    net::Response send(const File& file, const net::Request& request) const;

    std::map<std::string, File, std::less<>> files_;
};

}  // namespace baton::api
