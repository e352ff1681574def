#pragma once

// Inside baton/net only: name resolution and TCP connect that never block the loop.

#include "baton/async/deadline.hpp"
#include "baton/net/transport.hpp"

#include <cstdint>
#include <string>

namespace baton::net {

/// For operations that tell a cancellation as an error like others: throws Cancelled if the task was
/// cancelled.
async::Task<void> throw_if_cancelled();

/// Connects to the first address of the host that answers; the time that is left is shared among the
/// addresses. Throws WebSocketError with a text that names host and port, TimedOut, Cancelled.
async::Task<TcpSocket> dial(async::Executor executor, std::string host, std::uint16_t port,
                            async::Deadline deadline);

}  // namespace baton::net
