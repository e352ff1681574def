#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/net/http_message.hpp"

#include <memory>
#include <set>
#include <string>
#include <variant>

namespace baton::net {

/// Proxies as the environment names them; read in app. Empty texts mean none.
struct ProxySettings {
    /// For http:// URLs (HTTP_PROXY).
    std::string http;
    /// For https:// URLs (HTTPS_PROXY).
    std::string https;
    /// NO_PROXY; localhost and loopback addresses never go through a proxy.
    std::string no_proxy;
};

struct HttpClientOptions {
    ProxySettings proxy;
    std::string user_agent = "Go-http-client/1.1";
    /// False with --insecure-skip-verify only.
    bool verify_tls = true;
    /// Idle connections kept for reuse over all hosts.
    std::size_t kept_connections = 64;
};

struct ClientRequest {
    std::string method = "GET";
    std::string url;
    /// Sent as given, nothing added but Host, User-Agent and Content-Length.
    Headers headers;
    /// Sent with every method when not empty; POST, PUT and PATCH without body say "Content-Length: 0".
    std::string body;
    /// For the whole exchange, redirects included.
    async::Deadline deadline;
    /// Exactly so many bytes are still fine.
    std::size_t max_response_bytes = 32768;
    /// Up to 10, with Go's rules: 301, 302, 303 become GET without body, 307 and 308 repeat the request;
    /// Authorization and Cookie do not go to another host. False: the 3xx answer is the result.
    bool follow_redirects = true;
    /// Done twice it has no second effect. A kept connection can turn out to be dead only after the request
    /// was written to it; as in Go, it is then sent again by itself if it is repeatable, has a method that
    /// always is (GET, HEAD, OPTIONS, TRACE) or a header Idempotency-Key, and fails with "EOF" otherwise:
    /// whether the server has done it is unknown.
    bool repeatable = false;
    /// On a connection of its own, so that the above cannot happen.
    bool fresh_connection = false;
    /// Refuses the addresses of address_rules.hpp, before connecting and again on reused connections.
    bool restricted = false;
    /// Numeric addresses that a restricted request refuses as well: those of the database host.
    std::set<std::string> refused_addresses;
};

struct ClientResponse {
    unsigned status = 0;
    Headers headers;
    std::string body;
};

/// The exchange did not give an answer; an expected outcome, so a value.
struct ClientError {
    enum class Kind {
        /// The method or the URL cannot be used; nothing was sent.
        bad_request,
        /// The deadline passed.
        timeout,
        /// Name resolution, connect, TLS, broken answer, ...
        transport,
        /// The body is larger than max_response_bytes.
        too_large,
        /// A restricted request would have reached a refused address.
        refused_address,
    };
    Kind kind = Kind::transport;
    /// In the form that v1.11.0's messages have after `Post "<url>": `, e.g. "dial tcp 127.0.0.1:1: connect:
    /// connection refused", "EOF", "context deadline exceeded", "stopped after 10 redirects", "disallowed
    /// IP 10.0.0.1. Connections to ...: disallowed IP". Holds no URL of its own.
    std::string text;
};

using ClientResult = std::variant<ClientResponse, ClientError>;

/// HTTP/1.1 client: many requests at a time on one thread, connections reused, nothing ever blocks the loop.
/// Bodies are given as received (no decompression, none asked for). Executor's thread only.
class HttpClient {
  public:
    HttpClient(async::Executor executor, HttpClientOptions options = {});
    /// Requests under way end with Cancelled.
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Cancellation removes the transfer and throws Cancelled. Everything else is in the result.
    async::Task<ClientResult> send(ClientRequest request);

    /// Requests under way.
    std::size_t active() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::net
