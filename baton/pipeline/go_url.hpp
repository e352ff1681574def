#pragma once

#include "baton/pipeline/failure.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace baton::pipeline {

/// A URL as an HTTP request line may hold it, with v1.11.0's rules: absolute, or an absolute path; '#' has no
/// meaning (reference/pipeline.md section 5, row "URL"). Pure.
struct RequestUrl {
    /// Lower case; empty for a path alone.
    std::string scheme;
    /// What follows the scheme when that is not a slash: "x@y" of "mailto:x@y".
    std::string opaque;
    struct User {
        /// Escaped as they are written back.
        std::string name;
        std::optional<std::string> password;
    };
    std::optional<User> user;
    /// With port and brackets, escaped.
    std::string host;
    /// Escaped.
    std::string path;
    std::string query;
    bool has_query = false;

    std::string to_string() const { return write(false); }
    /// The same with *** in place of a password.
    std::string to_safe_string() const { return write(true); }

  private:
    std::string write(bool hide_password) const;
};

/// Fails with `parse "<text>": <reason>`.
Result<RequestUrl> parse_request_url(std::string_view text);

}  // namespace baton::pipeline
