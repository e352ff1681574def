#include "baton/eth/fan_out.hpp"

#include "baton/eth/call_timer.hpp"
#include "baton/eth/rpc_json.hpp"

namespace baton::eth {

namespace {
constexpr std::size_t most_queued = 64;
}

FanOut::FanOut(async::Executor executor, Endpoint endpoint, BigInt chain_id, net::HttpClient& http,
               Metrics& metrics, Logger log)
    : endpoint_(std::move(endpoint)),
      chain_id_(std::move(chain_id)),
      http_(endpoint_, http),
      metrics_(metrics),
      log_(std::move(log)),
      arrived_(executor) {}

void FanOut::add(std::vector<RpcCall> calls, async::Deadline deadline) {
    if (refused_) return;
    queue_.push_back({std::move(calls), deadline});
    if (queue_.size() > most_queued) queue_.pop_front();
    arrived_.notify();
}

async::Task<bool> FanOut::is_other_chain(std::chrono::nanoseconds call_limit) {
    RpcCall ask;
    ask.method = "eth_chainId";
    std::string problem;
    try {
        const auto answer = co_await http_.call(std::move(ask), async::Deadline::after(call_limit));
        if (const auto* error = std::get_if<RpcError>(&answer)) throw Error(error->message);
        const auto id = read_quantity(std::get<codec::Value>(answer));
        if (id == 0) throw Error("it says 0");
        if (id == chain_id_) co_return false;
        log_.error("sendonly rpc ChainID doesn't match local ChainID: RPC ID=" + to_decimal(id) +
                   ", local ID=" + to_decimal(chain_id_) + ", node name=" + endpoint_.name +
                   "; nothing is sent to it");
        co_return true;
    } catch (const Cancelled&) {
        throw;
    } catch (const Error& error) {
        problem = error.what();
    }
    log_.warn("sendonly rpc ChainID verification skipped", {{"nodeName", endpoint_.name}, {"err", problem}});
    co_return false;
}

async::Task<void> FanOut::send(Batch batch, std::chrono::nanoseconds call_limit) {
    const auto limit = batch.deadline.sooner(async::Deadline::after(call_limit));
    CallTimer timer(metrics_, chain_id_, endpoint_, endpoint_.http_url, call_name(batch.calls));
    const auto answers = co_await http_.batch(std::move(batch.calls), limit);
    timer.answered(answers);
}

async::Task<void> FanOut::serve(std::chrono::nanoseconds call_limit) {
    refused_ = co_await is_other_chain(call_limit);
    if (refused_) queue_.clear();
    for (;;) {
        if (queue_.empty()) {
            co_await arrived_.wait();
            continue;
        }
        auto batch = std::move(queue_.front());
        queue_.pop_front();
        if (batch.deadline.passed()) continue;
        std::string problem;
        try {
            co_await send(std::move(batch), call_limit);
        } catch (const Cancelled&) {
            throw;
        } catch (const Error& error) {
            problem = error.what();
        }
        if (!problem.empty()) {
            log_.warn("an endpoint besides the primary did not take transactions",
                      {{"nodeName", endpoint_.name}, {"err", problem}});
        }
    }
}

}  // namespace baton::eth
