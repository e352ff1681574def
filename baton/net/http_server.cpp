#include "baton/net/http_server.hpp"

#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/base/error_text.hpp"
#include "baton/net/address_rules.hpp"
#include "baton/net/http_session.hpp"
#include "baton/net/http_text.hpp"
#include "baton/net/port_holder.hpp"
#include "baton/net/transport.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>

#include <algorithm>
#include <utility>

namespace baton::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Acceptor = asio::basic_socket_acceptor<tcp, async::Executor>;

/// Sockets must not pass to programs that the node starts: a private PostgreSQL would hold the port for ever.
void close_on_exec(int fd) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

asio::ssl::context load_tls(const TlsFiles& files) {
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                        asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression);
    error_code error;
    context.use_certificate_chain_file(files.certificate_chain_path, error);
    if (error) {
        throw InvalidInput("the TLS certificate " + files.certificate_chain_path +
                           " cannot be used: " + error.message());
    }
    context.use_private_key_file(files.private_key_path, asio::ssl::context::pem, error);
    if (error) {
        throw InvalidInput("the TLS key " + files.private_key_path + " cannot be used: " + error.message());
    }
    return context;
}

std::string endpoint_text(const std::string& address, std::uint16_t port) {
    return (address.empty() ? "port " : address + " port ") + std::to_string(port);
}

[[noreturn]] void fail_listen(const ServerOptions& options, const error_code& error) {
    const bool in_use = error == asio::error::address_in_use;
    std::string text =
        "cannot listen on " + endpoint_text(options.address, options.port) + ": " + error.message();
    if (in_use) {
        const auto holder = port_holder(options.port);
        text += holder ? " (held by process " + std::to_string(holder->pid) + ", " + holder->program +
                             "); stop it or choose another port"
                       : "; another program holds it, choose another port";
    }
    throw ListenFailed(text, in_use);
}

/// The first error ends it; the acceptor is closed then.
error_code try_listen(Acceptor& acceptor, const tcp::endpoint& endpoint) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (error) return error;
    close_on_exec(acceptor.native_handle());
    acceptor.set_option(Acceptor::reuse_address(true), error);
    // "All interfaces" is one socket for both families.
    if (!error && endpoint.protocol() == tcp::v6() && endpoint.address().is_unspecified()) {
        acceptor.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        error_code ignored;
        acceptor.close(ignored);
    }
    return error;
}

}  // namespace

struct HttpServer::Impl {
    Impl(async::Executor runs_on, ServerOptions options, Handler handler)
        : executor(runs_on),
          context(runs_on, std::move(options), std::move(handler)),
          acceptor(runs_on),
          group(runs_on, [this](const std::string& name, const std::exception_ptr& error) {
              context.options.log.error("HTTP server task failed", {{"task", name}, {"err", text_of(error)}});
          }) {}

    void listen() {
        const auto& options = context.options;
        if (options.tls) tls.emplace(load_tls(*options.tls));
        error_code error;
        if (options.address.empty()) {
            error = try_listen(acceptor, tcp::endpoint(tcp::v6(), options.port));
            // A machine or container without IPv6.
            if (error && error != asio::error::address_in_use) {
                error = try_listen(acceptor, tcp::endpoint(tcp::v4(), options.port));
            }
        } else {
            const auto address = asio::ip::make_address(options.address, error);
            if (error) throw InvalidInput("\"" + options.address + "\" is no numeric address to listen on");
            error = try_listen(acceptor, tcp::endpoint(address, options.port));
        }
        if (error) fail_listen(options, error);
        port = acceptor.local_endpoint().port();
        group.spawn("accept", accept_all());
        group.spawn("sweep", sweep());
    }

    void log_refused_connection(const std::string& reason) {
        context.options.log.error("connections cannot be accepted; retrying", {{"err", reason}});
    }

    async::Task<void> accept_all() {
        bool failing = false;
        for (;;) {
            while (context.sessions.size() >= context.options.max_connections) {
                co_await context.ended.wait();
            }
            TcpSocket socket(executor);
            const auto [error] = co_await acceptor.async_accept(
                socket, asio::as_tuple(asio::use_awaitable_t<async::Executor>{}));
            if (!acceptor.is_open()) co_return;
            if (error) {
                // Out of descriptors or a peer that gave up meanwhile: neither may end the service.
                if (!failing) log_refused_connection(error.message());
                failing = true;
                co_await async::sleep_for(std::chrono::milliseconds(50));
                continue;
            }
            failing = false;
            start_session(std::move(socket));
        }
    }

    void start_session(TcpSocket socket) {
        close_on_exec(socket.native_handle());
        error_code error;
        socket.set_option(tcp::no_delay(true), error);
        const auto endpoint = socket.remote_endpoint(error);
        if (error) return;
        HttpSession::Peer peer{canonical_address(endpoint.address().to_string()), endpoint.port()};
        auto transport =
            tls ? make_tls_transport(std::move(socket), *tls) : make_plain_transport(std::move(socket));
        auto session = std::make_unique<HttpSession>(context, std::move(transport), std::move(peer));
        group.spawn("connection", run(std::move(session)));
    }

    static async::Task<void> run(std::unique_ptr<HttpSession> session) { co_await session->run(); }

    async::Task<void> sweep() {
        const auto& options = context.options;
        const auto shortest = std::min({options.read_timeout, options.write_timeout, options.idle_timeout,
                                        std::chrono::nanoseconds(std::chrono::seconds(4))});
        const auto interval = std::max(shortest / 8, std::chrono::nanoseconds(std::chrono::milliseconds(2)));
        for (;;) {
            co_await async::sleep_for(interval);
            const auto now = BootClock::now();
            for (HttpSession* session : context.sessions) {
                session->enforce_deadline(now);
            }
        }
    }

    void stop_accepting() {
        error_code ignored;
        acceptor.close(ignored);
    }

    async::Task<bool> drain(async::Deadline deadline) {
        stop_accepting();
        context.draining = true;
        for (HttpSession* session : context.sessions) {
            session->close_if_idle();
        }
        while (!context.sessions.empty()) {
            const bool ended = co_await context.ended.wait(deadline);
            if (!ended) co_return false;
        }
        co_return true;
    }

    async::Task<void> close_all() {
        stop_accepting();
        context.draining = true;
        co_await group.stop();
    }

    async::Executor executor;
    std::optional<asio::ssl::context> tls;
    SessionContext context;
    Acceptor acceptor;
    std::uint16_t port = 0;
    async::TaskGroup group;
};

HttpServer::HttpServer(async::Executor executor, ServerOptions options, Handler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() = default;

void HttpServer::listen() {
    impl_->listen();
}

std::uint16_t HttpServer::port() const {
    return impl_->port;
}

void HttpServer::stop_accepting() {
    impl_->stop_accepting();
}

async::Task<bool> HttpServer::drain(async::Deadline deadline) {
    return impl_->drain(deadline);
}

async::Task<void> HttpServer::close_all() {
    return impl_->close_all();
}

std::size_t HttpServer::connections() const {
    return impl_->context.sessions.size();
}

std::size_t HttpServer::busy_connections() const {
    return impl_->context.busy;
}

}  // namespace baton::net
