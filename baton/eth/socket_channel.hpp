#pragma once

#include "baton/async/event.hpp"
#include "baton/async/future.hpp"
#include "baton/eth/rpc_client.hpp"
#include "baton/net/web_socket_client.hpp"

#include <deque>
#include <map>

namespace baton::eth {

/// JSON-RPC over one WebSocket connection: answers by id, notifications in order. Loop thread only.
class SocketChannel {
  public:
    /// Throws net::WebSocketError, TimedOut.
    static async::Task<std::shared_ptr<SocketChannel>> connect(std::string url, async::Deadline deadline);
    explicit SocketChannel(async::Executor executor) : executor_(executor), arrived_(executor) {}

    /// Reads until the connection ends: throws net::WebSocketError, or TransportError for what is no JSON-RPC. Calls that wait
    /// then get that error.
    async::Task<void> read();
    async::Task<RpcAnswer> call(RpcCall call, async::Deadline deadline);
    /// Gives the subscription's id.
    async::Task<std::string> subscribe_new_heads(async::Deadline deadline);
    /// The next head that a subscription told; nothing when the deadline passed.
    async::Task<std::optional<codec::Value>> next_notification(async::Deadline deadline);

  private:
    void receive(const std::string& text);

    async::Executor executor_;
    std::unique_ptr<net::WebSocketClient> socket_;
    std::map<std::int64_t, async::Promise<RpcAnswer>> waiting_;
    std::deque<codec::Value> notifications_;
    async::Event arrived_;
    std::int64_t next_id_ = 1;
};

}  // namespace baton::eth
