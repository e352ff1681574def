#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/base/error.hpp"
#include "baton/base/log.hpp"
#include "baton/net/http_message.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace baton::net {

/// Why the server itself, not the handler, has to answer.
enum class RequestFault {
    /// Not HTTP/1.x, or contradictory (RFC 9112).
    malformed,
    /// Request line and headers exceed ServerOptions::header_limit.
    header_too_large,
    /// The body exceeds what ServerOptions::body_limit allowed.
    body_too_large,
    /// The request did not arrive within ServerOptions::read_timeout, but a part of it did.
    too_slow,
    /// The handler threw; the error is in the log.
    handler_failed,
};

/// Files in PEM form.
struct TlsFiles {
    std::string certificate_chain_path;
    std::string private_key_path;
};

/// rest-api.md section 1 has the defaults.
struct ServerOptions {
    /// "" means all interfaces, IPv6 and IPv4.
    std::string address;
    /// 0 picks a free one (tests); port() tells it.
    std::uint16_t port = 0;
    std::optional<TlsFiles> tls;

    std::size_t header_limit = std::size_t{1} << 20;
    /// Bytes allowed for the body of a request of which everything but the body is filled in; asked once per
    /// request before the body is read. Unset: 32768.
    std::function<std::size_t(const Request& head)> body_limit;
    /// From the first byte of a request (or from accept) to its last one.
    std::chrono::nanoseconds read_timeout = std::chrono::seconds(5);
    /// For sending one answer; the handler's own time does not count.
    std::chrono::nanoseconds write_timeout = std::chrono::seconds(10);
    /// Between two requests of one connection.
    std::chrono::nanoseconds idle_timeout = std::chrono::seconds(60);
    /// Connections at one time; more wait in the kernel's queue.
    std::size_t max_connections = 4096;

    /// Makes the answer to a faulty request; `head` is filled as far as it was understood. The connection is
    /// closed after it, except for handler_failed. Unset: closed without an answer (status codes are chosen
    /// in api only).
    std::function<Response(RequestFault fault, const Request& head)> on_fault;
    Logger log;
};

/// The address or the port cannot be listened on; what() names the holder of the port where it can be found.
class ListenFailed : public Error {
  public:
    ListenFailed(const std::string& text, bool in_use) : Error(text), address_in_use(in_use) {}
    bool address_in_use;
};

/// HTTP/1.1 server with keep-alive and pipelining (answers in order, one request of a connection at a time).
/// Everything runs on the executor's one thread. A peer that goes away while its request is handled does not
/// cancel the handler: what it started is finished (G2). REQUIRES: close_all() awaited before destruction
/// once listen() succeeded.
class HttpServer {
  public:
    /// Owns the request; may throw (RequestFault::handler_failed). Cancelled only by close_all().
    using Handler = std::function<async::Task<Response>(Request)>;

    HttpServer(async::Executor executor, ServerOptions options, Handler handler);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Binds and starts to serve; when it returns, connections succeed. Throws ListenFailed (nothing is left
    /// behind), InvalidInput for an unusable certificate, key or address.
    void listen();
    /// The port really listened on; 0 before listen().
    std::uint16_t port() const;

    /// Closes the listening socket; connections go on. Idempotent.
    void stop_accepting();
    /// stop_accepting(), closes idle connections, lets requests under way be answered (with "Connection:
    /// close"). True when all ended before the deadline; those that did not are left for close_all().
    async::Task<bool> drain(async::Deadline deadline);
    /// stop_accepting(), cancels handlers, closes every connection and waits until all of it ended.
    async::Task<void> close_all();

    /// Open connections, and those of them with a request under way.
    std::size_t connections() const;
    std::size_t busy_connections() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::net
