#pragma once

#include "baton/async/loop.hpp"
#include "baton/net/http_client.hpp"
#include "cmd/baton/cookie_file.hpp"
#include "cmd/baton/invocation.hpp"

#include <memory>
#include <string>

namespace baton::cli {

/// Talks to the API of a running node for one command (reference/cli.md section 2). Blocking.
class Client {
  public:
    explicit Client(const Invocation& invocation);
    /// Of another instance than that of --remote-node-url.
    Client(const Invocation& invocation, std::string url);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Logs in and keeps the cookie. Throws Failure: "Unauthorized", "Error; <details>", or why nobody
    /// answered.
    void login(const Globals::Credentials& credentials);
    /// Forgets the cookie.
    void forget_login() { cookie_.clear(); }

    struct Answer {
        unsigned status = 0;
        std::string body;
    };
    /// Sends a request with the cookie; after a 401 logs in with the credentials file, if there is one, and
    /// sends it again. Any status is an answer; throws Failure when there is none (`Get "http://...": dial
    /// tcp ...`).
    using Headers = std::vector<std::pair<std::string, std::string>>;
    Answer send(const std::string& method, const std::string& path, const std::string& body = "",
                const Headers& headers = {});
    /// As send(); throws Failure with `prefix` and the texts of section 2 for a status from 400 on.
    std::string fetch(const std::string& method, const std::string& path, const std::string& prefix = "",
                      const std::string& body = "");

  private:
    net::ClientResponse exchange(const std::string& method, const std::string& path, const std::string& body,
                                 bool with_cookie, const Headers& headers = {});

    const Globals* globals_;
    std::string url_;
    CookieFile cookie_;
    async::Loop loop_;
    std::unique_ptr<net::HttpClient> http_;
};

/// Statuses from here on are errors.
inline constexpr unsigned first_error = 400;

/// What the body of an error answer says: ": <detail>,<detail>" after "Error", or why it cannot be read.
std::string error_text(unsigned status, const std::string& body);

}  // namespace baton::cli
