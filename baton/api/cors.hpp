#pragma once

#include "baton/net/http_message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace baton::api {

/// Cross-origin rules (reference/rest-api.md section 1). They are the only protection of the session cookie
/// against foreign pages.
class Cors {
  public:
    /// Comma-separated origins; "*" allows any.
    explicit Cors(std::string_view allow_origins);

    enum class Verdict {
        /// No Origin, or the page's own: nothing to add.
        same_origin,
        allowed,
        /// An allowed OPTIONS request: answered at once, 204.
        preflight,
        /// 403.
        refused,
    };
    Verdict judge(const net::Request& request) const;
    /// What the answer to an allowed request (or preflight) carries.
    void add_headers(net::Headers& headers, const net::Request& request, Verdict verdict) const;

  private:
    bool any_ = false;
    std::vector<std::string> origins_;
};

}  // namespace baton::api
