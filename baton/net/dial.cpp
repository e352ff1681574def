#include "baton/net/dial.hpp"

#include "baton/async/event.hpp"
#include "baton/base/error.hpp"
#include "baton/net/expiry.hpp"
#include "baton/net/web_socket_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>

#include <optional>
#include <vector>

namespace baton::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Endpoints = std::vector<tcp::endpoint>;
using Resolver = asio::ip::basic_resolver<tcp, async::Executor>;

/// The answer of a name server comes into this, even when nobody waits for it any more: Asio asks on a thread
/// of its own and cannot interrupt it.
struct Lookup {
    explicit Lookup(const async::Executor& executor) : resolver(executor), ended(executor) {}
    Resolver resolver;
    async::Event ended;
    bool done = false;
    error_code error;
    Endpoints endpoints;
};

async::Task<Endpoints> resolve(async::Executor executor, std::string host, std::uint16_t port,
                               async::Deadline deadline) {
    error_code no_address;
    const auto numeric = asio::ip::make_address(host, no_address);
    if (!no_address) co_return Endpoints(1, tcp::endpoint(numeric, port));

    const auto lookup = std::make_shared<Lookup>(executor);
    lookup->resolver.async_resolve(host, std::to_string(port),
                                   [lookup](error_code error, const Resolver::results_type& results) {
                                       lookup->done = true;
                                       lookup->error = error;
                                       for (const auto& entry : results) {
                                           lookup->endpoints.push_back(entry.endpoint());
                                       }
                                       lookup->ended.notify();
                                   });
    while (!lookup->done) {
        const bool ended = co_await lookup->ended.wait(deadline);
        if (!ended) throw TimedOut("timed out while looking up " + host);
    }
    if (lookup->error) throw WebSocketError("cannot look up " + host + ": " + lookup->error.message());
    co_return std::move(lookup->endpoints);
}

}  // namespace

async::Task<TcpSocket> dial(async::Executor executor, std::string host, std::uint16_t port,
                            async::Deadline deadline) {
    const Endpoints endpoints = co_await resolve(executor, host, port, deadline);
    const std::string place = host + ":" + std::to_string(port);
    error_code last = asio::error::host_not_found;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        TcpSocket socket(executor);
        socket.open(endpoints[i].protocol(), last);
        if (last) continue;
        fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
        const auto share = deadline.left() / static_cast<long>(endpoints.size() - i);
        const auto attempt = deadline.is_never() ? deadline : async::Deadline::after(share);
        const Expiry expiry(executor, attempt, [&socket] {
            error_code ignored;
            socket.close(ignored);
        });
        const auto [error] = co_await socket.async_connect(
            endpoints[i], asio::as_tuple(asio::use_awaitable_t<async::Executor>{}));
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
