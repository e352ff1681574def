#pragma once

#include "baton/codec/value.hpp"
#include "baton/eth/rpc_client.hpp"

#include <string>
#include <vector>

namespace baton::eth {

/// The answer is larger than what is taken from an endpoint: a smaller question may help.
class AnswerTooLarge : public TransportError {
  public:
    using TransportError::TransportError;
};

/// Bytes of one answer; parsed it takes ten times as much memory.
inline constexpr std::size_t most_answer_bytes = std::size_t{32} << 20;

/// JSON-RPC by HTTP to one endpoint. A value; the client it was given outlives it.
class HttpEndpoint {
  public:
    HttpEndpoint(const Endpoint& endpoint, net::HttpClient& http)
        : url_(endpoint.http_url), send_only_(endpoint.send_only), http_(&http) {}

    /// Throws TransportError ("primary http (<host>) call failed: ..."), AnswerTooLarge, Cancelled.
    async::Task<RpcAnswer> call(RpcCall call, async::Deadline deadline) const;
    /// One exchange; answers in the order of the calls. Throws as call().
    async::Task<std::vector<RpcAnswer>> batch(std::vector<RpcCall> calls, async::Deadline deadline) const;

  private:
    static async::Task<RpcAnswer> call(HttpEndpoint self, RpcCall call, async::Deadline deadline);
    static async::Task<std::vector<RpcAnswer>> batch(HttpEndpoint self, std::vector<RpcCall> calls,
                                                     async::Deadline deadline);
    static async::Task<codec::Value> post(HttpEndpoint self, std::string text, async::Deadline deadline);
    std::string failure(const std::string& reason) const;

    std::string url_;
    bool send_only_;
    net::HttpClient* http_;
};

}  // namespace baton::eth
