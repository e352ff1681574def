#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/base/error.hpp"
#include "baton/net/http_message.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace baton::net {

/// The connection could not be made, broke, or was closed. The text names the host, never user, password or
/// query.
class WebSocketError : public Error {
  public:
    using Error::Error;
};

struct WebSocketOptions {
    /// ws:// or wss://; user and password become an Authorization header.
    std::string url;
    Headers headers;
    /// A larger message ends the connection.
    std::size_t max_message_bytes = std::size_t{64} << 20;
    /// Silence after which the peer is pinged; as long again without an answer ends the connection.
    std::chrono::nanoseconds ping_after = std::chrono::seconds(15);
    bool verify_tls = true;
};

/// One WebSocket connection (RFC 6455), client side, text messages. Executor's thread only. Pings of the peer
/// are answered while a receive() is under way. May be destroyed at any time: calls under way then throw
/// WebSocketError.
class WebSocketClient {
  public:
    /// Resolves, connects, TLS, upgrade; on the executor of the calling task. Throws WebSocketError,
    /// TimedOut, InvalidInput (unusable URL), Cancelled; nothing is left behind.
    static async::Task<std::unique_ptr<WebSocketClient>> connect(WebSocketOptions options,
                                                                 async::Deadline deadline);
    /// abort()
    ~WebSocketClient();
    WebSocketClient(const WebSocketClient&) = delete;
    WebSocketClient& operator=(const WebSocketClient&) = delete;

    /// Sends in the order of the calls; may be called while others send and receive. Throws WebSocketError;
    /// then whether the peer got it is unknown and the connection is finished, as it is after a cancelled
    /// send().
    async::Task<void> send(std::string text);
    /// The next message, text or binary. One caller at a time. Throws WebSocketError when the connection
    /// ended. After a cancelled receive() the connection is finished.
    async::Task<std::string> receive();
    /// Close handshake, best effort until the deadline, then the socket is closed. Throws nothing but
    /// Cancelled. A receive() under way throws WebSocketError.
    async::Task<void> close(async::Deadline deadline);
    /// Closes the socket at once: send() and receive() under way throw WebSocketError.
    void abort();

    class Impl;

  private:
    explicit WebSocketClient(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::net
