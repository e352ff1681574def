#include "baton/net/transport.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace baton::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable_t<async::Executor>{});

template <typename Stream>
class StreamTransport : public Transport {
  public:
    async::Task<std::size_t> read_some(asio::mutable_buffer buffer) override {
        const auto [error, count] = co_await stream().async_read_some(buffer, as_values);
        co_return error ? 0 : count;
    }

    async::Task<bool> write(std::array<asio::const_buffer, 2> buffers) override {
        const auto [error, count] = co_await asio::async_write(stream(), buffers, as_values);
        co_return !error;
    }

    async::Task<std::size_t> discard_some(asio::mutable_buffer buffer) override {
        const auto [error, count] = co_await socket().async_read_some(buffer, as_values);
        co_return error ? 0 : count;
    }

    void cancel_read() override {
        error_code ignored;
        socket().cancel(ignored);
    }

    void close() override {
        error_code ignored;
        socket().close(ignored);
    }

  protected:
    virtual Stream& stream() = 0;
    virtual TcpSocket& socket() = 0;
};

class PlainTransport final : public StreamTransport<TcpSocket> {
  public:
    explicit PlainTransport(TcpSocket socket) : socket_(std::move(socket)) {}

    async::Task<error_code> handshake() override { co_return error_code(); }

    async::Task<void> finish_writing() override {
        error_code ignored;
        socket_.shutdown(TcpSocket::shutdown_send, ignored);
        co_return;
    }

  protected:
    TcpSocket& stream() override { return socket_; }
    TcpSocket& socket() override { return socket_; }

  private:
    TcpSocket socket_;
};

class TlsTransport final : public StreamTransport<asio::ssl::stream<TcpSocket>> {
  public:
    TlsTransport(TcpSocket socket, asio::ssl::context& context) : stream_(std::move(socket), context) {}

    async::Task<error_code> handshake() override {
        const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_values);
        co_return error;
    }

    async::Task<void> finish_writing() override {
        // Also waits for the peer's notification; the session's deadline bounds that.
        co_await stream_.async_shutdown(as_values);
        error_code ignored;
        stream_.next_layer().shutdown(TcpSocket::shutdown_send, ignored);
    }

  protected:
    asio::ssl::stream<TcpSocket>& stream() override { return stream_; }
    TcpSocket& socket() override { return stream_.next_layer(); }

  private:
    asio::ssl::stream<TcpSocket> stream_;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(TcpSocket socket) {
    return std::make_unique<PlainTransport>(std::move(socket));
}

std::unique_ptr<Transport> make_tls_transport(TcpSocket socket, asio::ssl::context& context) {
    return std::make_unique<TlsTransport>(std::move(socket), context);
}

}  // namespace baton::net
