#pragma once

#include "baton/async/event.hpp"
#include "baton/async/future.hpp"
#include "baton/eth/rpc_client.hpp"
#include "baton/net/web_socket_client.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace baton::eth {

/// JSON-RPC over one WebSocket connection: answers by id, notifications in order. Shared by those who call;
/// when the connection ends, for whatever reason, every call under way and every later one throws
/// TransportError. Loop thread only.
class SocketChannel : public std::enable_shared_from_this<SocketChannel> {
  public:
    /// Throws net::WebSocketError, TimedOut.
    static async::Task<std::shared_ptr<SocketChannel>> connect(std::string url, async::Deadline deadline);
    SocketChannel(async::Executor executor, std::string url);

    /// False from the moment on at which callers learn that the connection ended.
    bool alive() const { return !ended_; }
    /// Reads until the connection ends: throws net::WebSocketError, TransportError for what is no JSON-RPC,
    /// or Cancelled.
    async::Task<void> read();
    /// Throws TransportError ("primary websocket (<host>) call failed: ..."), TimedOut, Cancelled.
    async::Task<RpcAnswer> call(RpcCall call, async::Deadline deadline);
    /// Sends all, then waits for all: the endpoint may work on them in any order. Answers in the order of the
    /// calls.
    async::Task<std::vector<RpcAnswer>> calls(std::vector<RpcCall> calls, async::Deadline deadline);
    /// Ends it now: read() throws, and so does every call.
    void close(const std::string& reason) { end(reason); }
    /// Notifications of a subscription made before are forgotten.
    async::Task<void> subscribe_new_heads(async::Deadline deadline);
    /// The next head that the subscription told; nothing when the deadline passed.
    async::Task<std::optional<codec::Value>> next_notification(async::Deadline deadline);

  private:
    using Promise = async::Promise<codec::Value>;
    class Question;

    static async::Task<void> read(std::shared_ptr<SocketChannel> self);
    static async::Task<RpcAnswer> call(std::shared_ptr<SocketChannel> self, RpcCall call,
                                       async::Deadline deadline);
    static async::Task<std::vector<RpcAnswer>> calls(std::shared_ptr<SocketChannel> self,
                                                     std::vector<RpcCall> calls, async::Deadline deadline);
    static async::Task<void> send(std::shared_ptr<SocketChannel> self, std::string text);
    static async::Task<RpcAnswer> answer(std::shared_ptr<SocketChannel> self, const Question* question,
                                         async::Deadline deadline);
    void receive(const std::string& text);
    void end(const std::string& reason);
    std::string failure(const std::string& reason) const;

    async::Executor executor_;
    std::string url_;
    std::unique_ptr<net::WebSocketClient> socket_;
    /// Why nothing can be asked any more.
    std::optional<std::string> ended_;
    std::map<std::int64_t, Promise> waiting_;
    std::deque<codec::Value> notifications_;
    async::Event arrived_;
    std::int64_t next_id_ = 1;
};

}  // namespace baton::eth
