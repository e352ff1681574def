#pragma once

// Inside baton/net only: a connected byte stream, plain or TLS, as the HTTP server uses it.

#include "baton/async/task.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <memory>

namespace baton::net {

using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, async::Executor>;

/// One thread. Errors are values here, because connections end all the time. Only cancellation of the task
/// throws.
class Transport {
  public:
    virtual ~Transport() = default;

    /// TLS handshake; nothing to do for a plain connection.
    virtual async::Task<boost::system::error_code> handshake() = 0;
    /// Bytes read; 0 at the end of the stream, on an error and after cancel_read().
    virtual async::Task<std::size_t> read_some(boost::asio::mutable_buffer buffer) = 0;
    /// All or nothing: false when the peer cannot be written to.
    virtual async::Task<bool> write(std::array<boost::asio::const_buffer, 2> buffers) = 0;
    /// Says that nothing more will be sent. The socket stays open for reading.
    virtual async::Task<void> finish_writing() = 0;
    /// Raw bytes of the socket, of no use but to be thrown away; 0 as with read_some(). After
    /// finish_writing() only.
    virtual async::Task<std::size_t> discard_some(boost::asio::mutable_buffer buffer) = 0;
    /// Ends a read under way; later reads work.
    virtual void cancel_read() = 0;
    /// Ends everything under way and closes the socket. Idempotent.
    virtual void close() = 0;
};

std::unique_ptr<Transport> make_plain_transport(TcpSocket socket);
/// `context` outlives the transport.
std::unique_ptr<Transport> make_tls_transport(TcpSocket socket, boost::asio::ssl::context& context);

}  // namespace baton::net
