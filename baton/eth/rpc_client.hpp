#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/base/big_int.hpp"
#include "baton/base/error.hpp"
#include "baton/base/log.hpp"
#include "baton/base/metrics.hpp"
#include "baton/codec/value.hpp"
#include "baton/model/contract_call.hpp"
#include "baton/model/head.hpp"
#include "baton/model/log.hpp"
#include "baton/model/transaction.hpp"
#include "baton/net/http_client.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace baton::eth {

/// The endpoint could not be asked, or its answer is no JSON-RPC: dial, time-out, garbage, closed. The text
/// names the endpoint with secrets redacted.
class TransportError : public Error {
  public:
    using Error::Error;
};

/// The endpoint answered with an error object (reference/evm.md section 3.4).
struct RpcError {
    std::int64_t code = 0;
    std::string message;
    std::optional<std::string> data;
};
using RpcAnswer = std::variant<codec::Value, RpcError>;

struct Endpoint {
    std::string name;
    /// Mandatory unless send-only: subscriptions, and calls when http_url is empty.
    std::string ws_url;
    std::string http_url;
    bool send_only = false;
};

struct RpcCall {
    std::string method;
    /// JSON text of the parameter array.
    std::string params = "[]";
};

/// How long things may take; tests shorten them.
struct RpcTimes {
    /// Limit of one exchange, besides the caller's (reference/evm.md section 3.2).
    std::chrono::nanoseconds call_limit = std::chrono::seconds(10);
    /// Silence of the subscription after which the latest block is asked for: at least this, at most five
    /// times as long, in between twice the time between the last two heads.
    std::chrono::nanoseconds silence = std::chrono::seconds(3);
    /// Pauses between attempts to connect, doubling.
    std::chrono::nanoseconds first_pause = std::chrono::milliseconds(250);
    std::chrono::nanoseconds longest_pause = std::chrono::seconds(15);
};

/// JSON-RPC to the endpoints of one chain: calls over HTTP when there is an HTTP URL, else over the
/// WebSocket; new heads over the WebSocket; reconnects by itself with back-off. One primary is in use at a
/// time; when it fails the next one is tried. While none of its WebSockets can be had, calls and heads go on
/// over HTTP; what fails over HTTP is asked over the WebSocket (a call may be made twice). Every call is
/// bounded by its deadline and 10 s. Loop thread only.
class RpcClient {
  public:
    /// `http` and `metrics` outlive the client.
    RpcClient(async::Executor executor, BigInt chain_id, std::vector<Endpoint> endpoints,
              net::HttpClient& http, Metrics& metrics, Logger log, RpcTimes times = {});
    ~RpcClient();

    const BigInt& chain_id() const;
    /// Keeps the WebSocket connected and `newHeads` subscribed until cancelled; tells each head to `on_head`
    /// (which does not throw), parents first, up to 64 heads that were missed included: a head whose parents
    /// the endpoint cannot give yet is told when it can. Silence longer than a few
    /// seconds on the socket is bridged by asking for the latest block. The first thing asked of every
    /// connection is its chain id: a different one is logged with both ids in one line, and nothing is sent
    /// to that endpoint.
    async::Task<void> run(std::function<void(model::Head)> on_head);
    /// Chain id proved, and heads come in (over the WebSocket, or over HTTP in its place).
    bool healthy() const;
    /// Set when the endpoint's chain id differs: the text for the operator.
    std::optional<std::string> wrong_chain() const;

    /// Throws TransportError, TimedOut, Cancelled.
    async::Task<RpcAnswer> call(RpcCall call, async::Deadline deadline);
    /// Side by side, in round trips of 100 calls; answers in the order of the calls.
    async::Task<std::vector<RpcAnswer>> batch(std::vector<RpcCall> calls, async::Deadline deadline);

    // The calls that the node makes. An RpcError becomes a TransportError where the method gives plain
    // values.
    async::Task<std::optional<model::Head>> latest_head(async::Deadline deadline);
    async::Task<std::optional<model::Head>> head_by_number(std::uint64_t number, async::Deadline deadline);
    async::Task<std::optional<model::Head>> head_by_hash(Hash hash, async::Deadline deadline);
    struct LogQuery {
        std::uint64_t from_block = 0;
        std::uint64_t to_block = 0;
        std::vector<Address> addresses;
        /// Any of these as first topic; empty: all.
        std::vector<Hash> topics;
    };
    /// eth_getLogs; a range that the endpoint finds too large is halved and asked again. Empty addresses: no
    /// logs, nothing asked. Throws TransportError when the endpoint does not know block `to_block` yet:
    /// behind a load balancer a server that lags would answer that there are no logs.
    async::Task<std::vector<model::Log>> logs(LogQuery query, async::Deadline deadline);
    struct ReceiptAnswer {
        std::optional<model::Receipt> receipt;
        /// The endpoint said in so many words that there is none. An error, a pending transaction and what
        /// cannot be read (logged) are neither.
        bool none = false;
    };
    /// In the order of `hashes`.
    async::Task<std::vector<ReceiptAnswer>> receipts(std::vector<Hash> hashes, async::Deadline deadline);
    async::Task<std::uint64_t> nonce(Address address, bool pending, async::Deadline deadline);
    async::Task<BigInt> balance(Address address, async::Deadline deadline);
    /// eth_call at latest.
    async::Task<std::variant<Bytes, RpcError>> call_contract(model::ContractCall call,
                                                             async::Deadline deadline);
    /// eth_estimateGas.
    async::Task<std::uint64_t> estimate_gas(model::ContractCall call, async::Deadline deadline);
    /// Sends the canonical bytes of each transaction: to the primary endpoint as one batch, and to all others
    /// by HTTP, whose answers do not count. Nothing = accepted. Throws when the primary could not be asked:
    /// whether it has them is unknown.
    async::Task<std::vector<std::optional<RpcError>>> send_raw(std::vector<Bytes> transactions,
                                                               async::Deadline deadline);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::eth
