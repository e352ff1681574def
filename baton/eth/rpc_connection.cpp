#include "baton/eth/rpc_connection.hpp"

#include "baton/async/failure.hpp"
#include "baton/async/retry.hpp"
#include "baton/async/run_all.hpp"
#include "baton/async/timer.hpp"
#include "baton/base/error_text.hpp"
#include "baton/eth/plain_answer.hpp"
#include "baton/eth/rpc_json.hpp"

#include <algorithm>
#include <map>

namespace baton::eth {

namespace {

constexpr std::size_t most_seen_heads = 4096;
constexpr auto steady_after = std::chrono::seconds(30);

}  // namespace

RpcConnection::RpcConnection(async::Executor executor, BigInt chain_id, std::vector<Endpoint> endpoints,
                             net::HttpClient& http, Metrics& metrics, Logger log, RpcTimes times)
    : executor_(executor),
      chain_id_(std::move(chain_id)),
      http_(http),
      metrics_(metrics),
      log_(std::move(log)),
      times_(times),
      lost_(executor),
      taking_(executor),
      seen_(most_seen_heads) {
    const auto primaries =
        std::count_if(endpoints.begin(), endpoints.end(), [](const auto& one) { return !one.send_only; });
    for (auto& endpoint : endpoints) {
        const bool other = endpoint.send_only || (primaries > 1 && !endpoint.http_url.empty());
        if (other)
            others_.push_back(std::make_unique<FanOut>(executor, endpoint, chain_id_, http, metrics_, log_));
        if (!endpoint.send_only) primaries_.push_back(std::move(endpoint));
    }
    if (primaries_.empty()) throw InvalidInput("no available nodes for chain " + to_decimal(chain_id_));
    enter(State::undialed);
    show_counters();
}

async::Task<void> RpcConnection::serve(const OnHead* on_head) {
    std::vector<async::NamedTask> tasks;
    tasks.push_back({"primary endpoint", serve_primary(on_head)});
    tasks.push_back({"heads by HTTP", follow_by_http(on_head)});
    for (const auto& other : others_) {
        tasks.push_back({"endpoint " + other->endpoint().name, other->serve(times_.call_limit)});
    }
    auto all = async::run_all(std::move(tasks));
    co_await std::move(all);
}

async::Task<void> RpcConnection::serve_primary(const OnHead* on_head) {
    async::Backoff backoff(times_.first_pause, times_.longest_pause);
    for (std::string told;;) {
        const auto began = BootClock::now();
        const auto failure = co_await async::failure_of(connected(on_head));
        socket_.reset();
        subscribed_ = false;
        bad_probes_ = 0;
        if (async::is_cancellation(failure)) std::rethrow_exception(failure);
        if (BootClock::now() - began > steady_after) {
            backoff.reset();
            told.clear();
        }
        const auto problem = text_of(failure);
        if (problem != told && problem != wrong_) {
            log_.error("the connection to the RPC endpoint failed and is tried again",
                       {{"nodeName", primary().name}, {"err", problem}});
        }
        told = problem;
        if (state_ != State::alive) {
            metrics_.add("head_tracker_eth_connection_errors", 1, {{"evmChainID", to_decimal(chain_id_)}});
        }
        enter(wrong_ ? State::invalid_chain_id : State::unreachable);
        if (primaries_.size() > 1) {
            active_ = (active_ + 1) % primaries_.size();
            verified_ = false;
            by_http_ = false;
            http_proved_ = false;
            http_failed_ = false;
            wrong_.reset();
        }
        lost_.notify();
        co_await async::sleep_for(backoff.next());
    }
}

async::Task<void> RpcConnection::connected(const OnHead* on_head) {
    count("dials_total");
    std::shared_ptr<SocketChannel> channel;
    std::exception_ptr failure;
    try {
        channel = co_await SocketChannel::connect(primary().ws_url, limit());
    } catch (...) {
        failure = std::current_exception();
    }
    count(failure ? "dials_failed" : "dials_success");
    if (failure) std::rethrow_exception(failure);
    enter(State::dialed);
    std::vector<async::NamedTask> tasks;
    tasks.push_back({"reader", channel->read()});
    tasks.push_back({"heads", follow(channel, on_head)});
    auto all = async::run_all(std::move(tasks));
    co_await std::move(all);
}

async::Task<void> RpcConnection::prove_socket(std::shared_ptr<SocketChannel> channel) {
    const auto answer = co_await channel->call(make_call("eth_chainId"), limit());
    const auto id = plain(answer, "eth_chainId", read_quantity);
    if (id != chain_id_) refuse(id);
}

async::Task<void> RpcConnection::prove_http() {
    const auto asked = active_;
    const auto answer = co_await http_endpoint().call(make_call("eth_chainId"), limit());
    if (asked != active_) throw TransportError("another primary has its turn now");
    const auto id = plain(answer, "eth_chainId", read_quantity);
    if (id != chain_id_) refuse(id);
    http_proved_ = true;
    http_failed_ = false;
}

/// Without a channel: over HTTP only. With one, HTTP may fail: calls then go over the WebSocket.
async::Task<void> RpcConnection::verify(std::shared_ptr<SocketChannel> channel) {
    count("verifies");
    if (channel) co_await prove_socket(channel);
    std::exception_ptr failure;
    std::string problem;
    if (has_http()) {
        try {
            co_await prove_http();
        } catch (const TransportError& error) {
            failure = std::current_exception();
            problem = error.what();
        }
    }
    if (failure && (wrong_ || !channel)) std::rethrow_exception(failure);
    if (failure) {
        http_proved_ = false;
        http_failed(problem);
    }
    count("verifies_success");
    wrong_.reset();
    verified_ = true;
}

void RpcConnection::http_failed(const std::string& problem) {
    if (!http_failed_) {
        log_.warn("the RPC endpoint cannot be asked over HTTP; calls go over its WebSocket while it has one",
                  {{"nodeName", primary().name}, {"err", problem}});
    }
    http_failed_ = true;
}

/// Whether HTTP works again; where there are other primaries, half an endpoint is left for the next one.
async::Task<void> RpcConnection::probe_http() {
    std::string problem;
    try {
        co_await prove_http();
    } catch (const Cancelled&) {
        throw;
    } catch (const Error& error) {
        problem = error.what();
    }
    bad_probes_ = problem.empty() ? 0 : bad_probes_ + 1;
    if (problem.empty()) log_.info("calls go over HTTP again", {{"nodeName", primary().name}});
    const bool leave = primaries_.size() > 1 && bad_probes_ >= most_bad_polls;
    if (has_socket() && (wrong_ || leave)) socket_->close(problem);
}

void RpcConnection::refuse(const BigInt& other_chain) {
    count("verifies_failed");
    verified_ = false;
    const std::string text = "ETH_CHAIN_ID is " + to_decimal(chain_id_) + " but the endpoint " +
                             redacted_url(primary().ws_url) + " is on chain " + to_decimal(other_chain) +
                             ": nothing is sent to it";
    if (wrong_ != text) log_.error(text, {{"nodeName", primary().name}});
    wrong_ = text;
    throw TransportError(text);
}

void RpcConnection::count(const char* what) const {
    metrics_.add(std::string("evm_pool_rpc_node_") + what, 1,
                 {{"evmChainID", to_decimal(chain_id_)}, {"nodeName", primary().name}});
}

/// From the start, so that what happens first is seen as a step; v1.11.0's come into being with it.
void RpcConnection::show_counters() const {
    const auto chain = to_decimal(chain_id_);
    metrics_.add("head_tracker_eth_connection_errors", 0, {{"evmChainID", chain}});
    for (const auto& endpoint : primaries_) {
        for (const char* name :
             {"dials_total", "dials_failed", "dials_success", "verifies", "verifies_failed",
              "verifies_success", "calls_total", "calls_failed", "calls_success", "polls_total",
              "polls_failed", "polls_success", "num_seen_blocks", "num_transitions_to_alive",
              "num_transitions_to_unreachable", "num_transitions_to_invalid_chain_id"}) {
            metrics_.add(std::string("evm_pool_rpc_node_") + name, 0,
                         {{"evmChainID", chain}, {"nodeName", endpoint.name}});
        }
    }
}

void RpcConnection::enter(State state) {
    const auto name_of = [](State one) {
        switch (one) {
            case State::undialed:
                return "Undialed";
            case State::dialed:
                return "Dialed";
            case State::invalid_chain_id:
                return "InvalidChainID";
            case State::alive:
                return "Alive";
            case State::unreachable:
                break;
        }
        return "Unreachable";
    };
    const bool changed = state != state_;
    state_ = state;
    if (changed && state == State::alive) count("num_transitions_to_alive");
    if (changed && state == State::unreachable) count("num_transitions_to_unreachable");
    if (changed && state == State::invalid_chain_id) count("num_transitions_to_invalid_chain_id");
    const std::string now = name_of(state);
    for (const char* name :
         {"Undialed", "Dialed", "InvalidChainID", "Alive", "Unreachable", "OutOfSync", "Closed"}) {
        // Primaries that are not in use were not dialed.
        const auto idle = std::string(name) == "Undialed" ? static_cast<double>(primaries_.size() - 1) : 0.0;
        metrics_.set("evm_pool_rpc_node_states", (now == name ? 1.0 : 0.0) + idle,
                     {{"evmChainID", to_decimal(chain_id_)}, {"state", name}});
    }
}

}  // namespace baton::eth
