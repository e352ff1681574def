#include "baton/net/dial.hpp"

#include "baton/async/resolve.hpp"
#include "baton/base/error.hpp"
#include "baton/net/expiry.hpp"
#include "baton/net/web_socket_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>

#include <string>
#include <vector>

namespace baton::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

async::Task<std::vector<std::string>> resolve(std::string host, async::Deadline deadline) {
    try {
        co_return co_await async::resolve_host(host, deadline);
    } catch (const NotFound& error) {
        throw WebSocketError("cannot connect: " + std::string(error.what()));
    }
}

}  // namespace

async::Task<TcpSocket> dial(async::Executor executor, std::string host, std::uint16_t port,
                            async::Deadline deadline) {
    const auto addresses = co_await resolve(host, deadline);
    const std::string place = host + ":" + std::to_string(port);
    error_code last = asio::error::host_not_found;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const tcp::endpoint endpoint(asio::ip::make_address(addresses[i]), port);
        TcpSocket socket(executor);
        socket.open(endpoint.protocol(), last);
        if (last) continue;
        fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
        const auto share = deadline.left() / static_cast<long>(addresses.size() - i);
        const auto attempt = deadline.is_never() ? deadline : async::Deadline::after(share);
        const Expiry expiry(executor, attempt, [&socket] {
            error_code ignored;
            socket.close(ignored);
        });
        const auto [error] =
            co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable_t<async::Executor>{}));
        last = expiry.passed() ? error_code(asio::error::timed_out) : error;
        if (last) throw_if_cancelled(co_await asio::this_coro::cancellation_state);
        if (last) continue;
        socket.set_option(tcp::no_delay(true), last);
        co_return std::move(socket);
    }
    if (deadline.passed()) throw TimedOut("timed out while connecting to " + place);
    throw WebSocketError("cannot connect to " + place + ": " + last.message());
}

}  // namespace baton::net
