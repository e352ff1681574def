#pragma once

#include "baton/async/event.hpp"
#include "baton/eth/http_endpoint.hpp"

#include <deque>
#include <memory>
#include <vector>

namespace baton::eth {

/// Hands transactions to one endpoint besides the primary. Its answers do not count; when it is slow, it
/// holds up nobody, and what it missed is sent again with everything else that is not confirmed. Loop thread
/// only.
class FanOut {
  public:
    FanOut(async::Executor executor, Endpoint endpoint, BigInt chain_id, net::HttpClient& http,
           Metrics& metrics, Logger log);

    const Endpoint& endpoint() const { return endpoint_; }
    /// Queues one batch, which is not sent after the deadline; the oldest is dropped when too many wait.
    void add(std::vector<RpcCall> calls, async::Deadline deadline);
    /// Works until cancelled. Asks the chain id first (reference/evm.md section 3.1): an endpoint of another
    /// chain gets nothing; one that does not tell is used all the same.
    async::Task<void> serve(std::chrono::nanoseconds call_limit);

  private:
    struct Batch {
        std::vector<RpcCall> calls;
        async::Deadline deadline;
    };
    async::Task<bool> is_other_chain(std::chrono::nanoseconds call_limit);
    async::Task<void> send(Batch batch, std::chrono::nanoseconds call_limit);

    Endpoint endpoint_;
    BigInt chain_id_;
    HttpEndpoint http_;
    Metrics& metrics_;
    Logger log_;
    std::deque<Batch> queue_;
    async::Event arrived_;
    bool refused_ = false;
};

}  // namespace baton::eth
