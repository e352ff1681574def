#include "baton/net/web_socket_client.hpp"

#include "baton/async/event.hpp"
#include "baton/base/base64.hpp"
#include "baton/net/dial.hpp"
#include "baton/net/expiry.hpp"
#include "baton/net/url.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <optional>
#include <utility>

namespace baton::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable_t<async::Executor>{});

/// Types of their own for the sake of async_teardown() below.
class PlainStream : public TcpSocket {
  public:
    explicit PlainStream(TcpSocket socket) : TcpSocket(std::move(socket)) {}
};
class TlsStream : public asio::ssl::stream<TcpSocket> {
  public:
    using asio::ssl::stream<TcpSocket>::stream;
};

/// Ends the TCP connection without waiting for the peer to end its side. Beast's own version waits for that,
/// without a limit of its own, after the peer broke the protocol: the very peer that cannot be relied on.
template <typename Handler>
void shut_down(TcpSocket& socket, Handler&& handler) {
    error_code ignored;
    socket.shutdown(TcpSocket::shutdown_both, ignored);
    asio::post(socket.get_executor(),
               beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
}

/// Found by Beast (a customisation point of its WebSocket streams).
template <typename Handler>
void async_teardown(beast::role_type, PlainStream& stream, Handler&& handler) {
    shut_down(stream, std::forward<Handler>(handler));
}
template <typename Handler>
void async_teardown(beast::role_type, TlsStream& stream, Handler&& handler) {
    shut_down(stream.next_layer(), std::forward<Handler>(handler));
}

/// Reading the system's certificates takes milliseconds, so it is done once per process.
asio::ssl::context& client_tls(bool verify) {
    const auto make = [](bool verifies) {
        asio::ssl::context context(asio::ssl::context::tls_client);
        context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
        context.set_verify_mode(verifies ? asio::ssl::verify_peer : asio::ssl::verify_none);
        if (verifies) context.set_default_verify_paths();
        return context;
    };
    static asio::ssl::context verifying = make(true);
    static asio::ssl::context trusting = make(false);
    return verify ? verifying : trusting;
}

std::string place_of(const Url& url) {
    return url.host + ":" + std::to_string(url.port_or_default());
}

std::string host_header(const Url& url) {
    const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    return url.port == 0 ? host : host + ":" + std::to_string(url.port);
}

}  // namespace

class WebSocketClient::Impl : public std::enable_shared_from_this<WebSocketClient::Impl> {
  public:
    virtual ~Impl() = default;
    virtual async::Task<void> send([[maybe_unused]] std::shared_ptr<Impl> self, std::string text) = 0;
    virtual async::Task<std::string> receive([[maybe_unused]] std::shared_ptr<Impl> self) = 0;
    virtual async::Task<void> close([[maybe_unused]] std::shared_ptr<Impl> self,
                                    async::Deadline deadline) = 0;
    virtual void abort() = 0;
};

namespace {

/// Every operation holds `self`, so that the owner may drop the client while it is under way.
template <typename Stream>
class Connection final : public WebSocketClient::Impl {
  public:
    template <typename... Args>
    Connection(const async::Executor& executor, const WebSocketOptions& options, std::string place,
               Args&&... args)
        : executor_(executor),
          place_(std::move(place)),
          sending_(executor),
          stream_(std::forward<Args>(args)...) {
        stream_.read_message_max(options.max_message_bytes);
        // Beast pings when half of the idle time has passed. The handshake has the deadline of connect().
        websocket::stream_base::timeout timeouts{websocket::stream_base::none(), options.ping_after * 2,
                                                 true};
        stream_.set_option(timeouts);
        stream_.set_option(
            websocket::stream_base::decorator([headers = options.headers](websocket::request_type& request) {
                for (const auto& [name, value] : headers) {
                    request.set(name, value);
                }
            }));
    }

    websocket::stream<Stream>& stream() { return stream_; }

    async::Task<void> upgrade(std::string host, std::string target) {
        websocket::response_type response;
        const auto [error] = co_await stream_.async_handshake(response, host, target, as_values);
        if (error) throw_if_cancelled(co_await asio::this_coro::cancellation_state);
        if (error == websocket::error::upgrade_declined) {
            throw WebSocketError(place_ + " declined the WebSocket upgrade: HTTP status " +
                                 std::to_string(response.result_int()));
        }
        if (error) throw WebSocketError("WebSocket handshake with " + place_ + " failed: " + error.message());
        stream_.text(true);
    }

    async::Task<void> send([[maybe_unused]] std::shared_ptr<Impl> self, std::string text) override {
        const auto turn = co_await sending_.lock();
        // Left early, by error or cancellation, a frame may be half written.
        AbortUnlessDone guard{*this};
        const auto [error, count] = co_await stream_.async_write(asio::buffer(text), as_values);
        if (error)
            throw WebSocketError("WebSocket of " + place_ + " broke while sending: " + describe(error));
        guard.done = true;
    }

    async::Task<std::string> receive([[maybe_unused]] std::shared_ptr<Impl> self) override {
        AbortUnlessDone guard{*this};
        const auto [error, count] = co_await stream_.async_read(input_, as_values);
        if (error) throw_if_cancelled(co_await asio::this_coro::cancellation_state);
        if (error) throw WebSocketError("WebSocket of " + place_ + " ended: " + describe(error));
        guard.done = true;
        const auto data = input_.cdata();
        std::string message(static_cast<const char*>(data.data()), data.size());
        input_.consume(input_.size());
        // One huge answer must not keep its memory for ever.
        if (input_.capacity() > kept_capacity) input_.shrink_to_fit();
        co_return message;
    }

    async::Task<void> close([[maybe_unused]] std::shared_ptr<Impl> self, async::Deadline deadline) override {
        AbortUnlessDone guard{*this};
        const Expiry expiry(executor_, deadline, [this] { abort(); });
        const websocket::close_reason normal(websocket::close_code::normal);
        co_await stream_.async_close(normal, as_values);
        throw_if_cancelled(co_await asio::this_coro::cancellation_state);
    }

    void abort() override {
        error_code ignored;
        beast::get_lowest_layer(stream_).close(ignored);
    }

  private:
    static constexpr std::size_t kept_capacity = std::size_t{1} << 20;

    struct AbortUnlessDone {
        Connection& connection;
        bool done = false;
        ~AbortUnlessDone() {
            if (!done) connection.abort();
        }
    };

    std::string describe(const error_code& error) const {
        if (error == websocket::error::closed) {
            const auto& reason = stream_.reason();
            return "closed by the peer, code " + std::to_string(reason.code) +
                   (reason.reason.empty() ? "" : " (" + std::string(reason.reason.c_str()) + ")");
        }
        if (error == beast::error::timeout) return "no sign of life from the peer";
        if (error == asio::error::eof) return "the peer closed the connection";
        if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor)
            return "closed here";
        return error.message();
    }

    async::Executor executor_;
    std::string place_;
    async::Mutex sending_;
    websocket::stream<Stream> stream_;
    beast::flat_buffer input_;
};

async::Task<std::shared_ptr<WebSocketClient::Impl>> connect_plain(async::Executor executor,
                                                                  WebSocketOptions options, Url url,
                                                                  async::Deadline deadline) {
    TcpSocket socket = co_await dial(executor, url.host, url.port_or_default(), deadline);
    auto connection =
        std::make_shared<Connection<PlainStream>>(executor, options, place_of(url), std::move(socket));
    const Expiry expiry(executor, deadline, [weak = std::weak_ptr(connection)] {
        if (const auto alive = weak.lock()) alive->abort();
    });
    std::exception_ptr failure;
    try {
        co_await connection->upgrade(host_header(url), url.target);
    } catch (const WebSocketError&) {
        failure = std::current_exception();
    }
    if (expiry.passed()) throw TimedOut("timed out in the WebSocket handshake with " + place_of(url));
    if (failure) std::rethrow_exception(failure);
    co_return connection;
}

async::Task<void> tls_handshake(TlsStream& stream, std::string host, bool verify, std::string place) {
    SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
    if (verify) stream.set_verify_callback(asio::ssl::host_name_verification(host));
    const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, as_values);
    if (error) throw_if_cancelled(co_await asio::this_coro::cancellation_state);
    if (error) throw WebSocketError("TLS handshake with " + place + " failed: " + error.message());
}

async::Task<std::shared_ptr<WebSocketClient::Impl>> connect_tls(async::Executor executor,
                                                                WebSocketOptions options, Url url,
                                                                async::Deadline deadline) {
    TcpSocket socket = co_await dial(executor, url.host, url.port_or_default(), deadline);
    auto connection = std::make_shared<Connection<TlsStream>>(
        executor, options, place_of(url), std::move(socket), client_tls(options.verify_tls));
    const Expiry expiry(executor, deadline, [weak = std::weak_ptr(connection)] {
        if (const auto alive = weak.lock()) alive->abort();
    });
    std::exception_ptr failure;
    try {
        co_await tls_handshake(connection->stream().next_layer(), url.host, options.verify_tls,
                               place_of(url));
        co_await connection->upgrade(host_header(url), url.target);
    } catch (const WebSocketError&) {
        failure = std::current_exception();
    }
    if (expiry.passed()) throw TimedOut("timed out in the WebSocket handshake with " + place_of(url));
    if (failure) std::rethrow_exception(failure);
    co_return connection;
}

}  // namespace

async::Task<std::unique_ptr<WebSocketClient>> WebSocketClient::connect(WebSocketOptions options,
                                                                       async::Deadline deadline) {
    const auto url = parse_url(options.url);
    if (!url || (url->scheme != "ws" && url->scheme != "wss")) {
        throw InvalidInput("not a WebSocket URL (ws:// or wss://): " + redact_url(options.url));
    }
    if (url->user && !options.headers.contains("Authorization")) {
        const std::string login = *url->user + ":" + url->password.value_or("");
        options.headers.set("Authorization", "Basic " + to_base64(as_bytes(login)));
    }
    const async::Executor executor = co_await async::current_executor();
    std::shared_ptr<Impl> impl;
    if (url->scheme == "wss") {
        impl = co_await connect_tls(executor, std::move(options), *url, deadline);
    } else {
        impl = co_await connect_plain(executor, std::move(options), *url, deadline);
    }
    co_return std::unique_ptr<WebSocketClient>(new WebSocketClient(std::move(impl)));
}

WebSocketClient::WebSocketClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

WebSocketClient::~WebSocketClient() {
    abort();
}

async::Task<void> WebSocketClient::send(std::string text) {
    return impl_->send(impl_, std::move(text));
}

async::Task<std::string> WebSocketClient::receive() {
    return impl_->receive(impl_);
}

async::Task<void> WebSocketClient::close(async::Deadline deadline) {
    return impl_->close(impl_, deadline);
}

void WebSocketClient::abort() {
    impl_->abort();
}

}  // namespace baton::net
