#pragma once

#include "baton/eth/fan_out.hpp"
#include "baton/eth/http_endpoint.hpp"
#include "baton/eth/rpc_client.hpp"
#include "baton/eth/seen_heads.hpp"
#include "baton/eth/socket_channel.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::eth {

/// What keeps an RpcClient connected: choice of the primary, chain id, subscription, heads, the way that
/// calls take. One primary is in use at a time and kept while it works; after a failure the next one has its
/// turn. Loop thread only.
class RpcConnection {
  public:
    using OnHead = std::function<void(model::Head)>;

    RpcConnection(async::Executor executor, BigInt chain_id, std::vector<Endpoint> endpoints,
                  net::HttpClient& http, Metrics& metrics, Logger log, RpcTimes times);

    const BigInt& chain_id() const { return chain_id_; }
    const Logger& log() const { return log_; }
    bool healthy() const { return verified_ && ((subscribed_ && has_socket()) || by_http_); }
    const std::optional<std::string>& wrong_chain() const { return wrong_; }

    /// Until cancelled. `on_head` outlives the call.
    async::Task<void> serve(const OnHead* on_head);

    /// Throws TransportError ("no live nodes available for chain <id>" without a proved endpoint).
    async::Task<RpcAnswer> call(RpcCall call, async::Deadline deadline);
    async::Task<std::vector<RpcAnswer>> batch(std::vector<RpcCall> calls, async::Deadline deadline);
    /// By one server and in this order, even behind a load balancer: as one JSON-RPC batch, or one after the
    /// other on the WebSocket.
    async::Task<std::vector<RpcAnswer>> in_order(std::vector<RpcCall> calls, async::Deadline deadline);
    /// To every endpoint but the active primary.
    void fan_out(const std::vector<RpcCall>& calls, async::Deadline deadline);

  private:
    /// Failed or unexpected answers of this number in a row end a connection that itself says nothing.
    static constexpr int most_bad_polls = 3;
    /// v1.11.0's names of what an endpoint can be in (reference/evm.md section 3.2), as the gauge shows them.
    enum class State { undialed, dialed, invalid_chain_id, alive, unreachable };

    const Endpoint& primary() const { return primaries_[active_]; }
    bool has_http() const { return !primary().http_url.empty(); }
    /// The reader of a channel that died may not have been awaited yet.
    bool has_socket() const { return socket_ && socket_->alive(); }
    HttpEndpoint http_endpoint() const { return {primary(), http_}; }
    async::Deadline limit(async::Deadline deadline = {}) const {
        return deadline.sooner(async::Deadline::after(times_.call_limit));
    }

    // rpc_calls.cpp
    void require_verified() const;
    std::shared_ptr<SocketChannel> require_socket() const;
    enum class Way { http, socket };
    std::vector<Way> ways() const;
    async::Task<std::vector<RpcAnswer>> exchange(Way way, std::vector<RpcCall> calls,
                                                 async::Deadline deadline);
    async::Task<std::vector<RpcAnswer>> exchanges(Way way, std::vector<RpcCall> calls, bool ordered,
                                                  async::Deadline deadline);
    async::Task<std::vector<RpcAnswer>> by_any_way(std::vector<RpcCall> calls, bool ordered,
                                                   async::Deadline deadline);
    async::Task<std::vector<RpcAnswer>> counted(std::vector<RpcCall> calls, bool ordered,
                                                async::Deadline deadline);
    async::Task<RpcAnswer> ask(RpcCall call);

    // rpc_connection.cpp: the active endpoint, its proof and its loss
    void http_failed(const std::string& problem);
    async::Task<void> serve_primary(const OnHead* on_head);
    async::Task<void> connected(const OnHead* on_head);
    async::Task<void> verify(std::shared_ptr<SocketChannel> channel);
    async::Task<void> prove_socket(std::shared_ptr<SocketChannel> channel);
    async::Task<void> prove_http();
    async::Task<void> probe_http();
    [[noreturn]] void refuse(const BigInt& other_chain);
    void enter(State state);
    void count(const char* what) const;
    void show_counters() const;

    // rpc_heads.cpp
    async::Task<void> subscribe(std::shared_ptr<SocketChannel> channel);
    async::Task<void> follow(std::shared_ptr<SocketChannel> channel, const OnHead* on_head);
    async::Task<void> follow_by_http(const OnHead* on_head);
    async::Task<bool> poll(const OnHead* on_head);
    async::Task<void> take(model::Head head, const OnHead* on_head);
    async::Task<std::optional<std::vector<model::Head>>> missed_before(model::Head head);
    async::Task<std::optional<model::Head>> parent_of(model::Head head);
    async::Task<void> confirm_height(std::uint64_t number);
    async::Task<void> retake(const OnHead* on_head);
    void put_off(const model::Head& head);
    std::chrono::nanoseconds silence() const;

    async::Executor executor_;
    BigInt chain_id_;
    std::vector<Endpoint> primaries_;
    std::vector<std::unique_ptr<FanOut>> others_;
    net::HttpClient& http_;
    Metrics& metrics_;
    Logger log_;
    RpcTimes times_;

    std::size_t active_ = 0;
    State state_ = State::undialed;
    /// Set while its chain id is proved.
    std::shared_ptr<SocketChannel> socket_;
    /// The chain id of the HTTP endpoint is proved, and its last exchange failed.
    bool http_proved_ = false;
    bool http_failed_ = false;
    /// In a row, while calls go over the WebSocket because HTTP fails.
    int bad_probes_ = 0;
    /// The chain id of the active endpoint is the configured one: calls may be made.
    bool verified_ = false;
    /// Heads come in by subscription, or in its place by asking over HTTP.
    bool subscribed_ = false;
    bool by_http_ = false;
    std::optional<std::string> wrong_;
    async::Event lost_;
    /// Heads are told one after the other, parents first.
    async::Mutex taking_;
    SeenHeads seen_;
    /// The newest head that was told before the endpoint could give its parents: taken again until it can.
    std::optional<model::Head> unlinked_;
    async::Deadline unlinked_until_;
    std::optional<BootClock::time_point> last_head_at_;
    std::chrono::nanoseconds head_interval_{};
};

}  // namespace baton::eth
