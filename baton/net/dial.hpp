#pragma once

// Inside baton/net only: name resolution and TCP connect that never block the loop.

#include "baton/async/deadline.hpp"
#include "baton/base/error.hpp"
#include "baton/net/transport.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstdint>
#include <string>

namespace baton::net {

/// For operations that tell a cancellation as an error like others. Pass `co_await
/// this_coro::cancellation_state`.
inline void throw_if_cancelled(const boost::asio::cancellation_state& state) {
    if (state.cancelled() != boost::asio::cancellation_type::none) throw Cancelled();
}

/// Connects to the first address of the host that answers; the time that is left is shared among the
/// addresses. Throws WebSocketError with a text that names host and port, TimedOut, Cancelled.
async::Task<TcpSocket> dial(async::Executor executor, std::string host, std::uint16_t port,
                            async::Deadline deadline);

}  // namespace baton::net
