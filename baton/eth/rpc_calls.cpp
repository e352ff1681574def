// How RpcConnection asks: over HTTP or the WebSocket, and over the other one when the first fails.
#include "baton/eth/call_timer.hpp"
#include "baton/eth/rpc_connection.hpp"
#include "baton/eth/rpc_json.hpp"

#include <algorithm>

namespace baton::eth {

namespace {

/// Endpoints limit the size of batches (reference/evm.md section 2, RPCDefaultBatchSize).
constexpr std::size_t batch_size = 100;

}  // namespace

void RpcConnection::require_verified() const {
    if (wrong_) throw TransportError(*wrong_);
    if (!verified_) throw TransportError("no live nodes available for chain " + to_decimal(chain_id_));
}

std::shared_ptr<SocketChannel> RpcConnection::require_socket() const {
    if (!has_socket()) throw TransportError("no live nodes available for chain " + to_decimal(chain_id_));
    return socket_;
}

/// The better one first.
std::vector<RpcConnection::Way> RpcConnection::ways() const {
    std::vector<Way> ways;
    if (has_http() && http_proved_) ways.push_back(Way::http);
    if (has_socket()) ways.push_back(Way::socket);
    if (ways.empty()) throw TransportError("no live nodes available for chain " + to_decimal(chain_id_));
    if (http_failed_) std::reverse(ways.begin(), ways.end());
    return ways;
}

async::Task<std::vector<RpcAnswer>> RpcConnection::exchange(Way way, std::vector<RpcCall> calls,
                                                            async::Deadline deadline) {
    const auto& url = way == Way::http ? primary().http_url : primary().ws_url;
    CallTimer timer(metrics_, chain_id_, primary(), url, call_name(calls));
    std::vector<RpcAnswer> answers;
    if (way == Way::socket) {
        // Not as a JSON-RPC batch: some providers take none on a WebSocket.
        answers = co_await require_socket()->calls(std::move(calls), deadline);
    } else if (calls.size() == 1) {
        auto answer = co_await http_endpoint().call(std::move(calls.front()), deadline);
        answers.push_back(std::move(answer));
    } else {
        answers = co_await http_endpoint().batch(std::move(calls), deadline);
    }
    timer.answered(answers);
    co_return answers;
}

/// What one way needs to answer all of them, in this order if that matters.
async::Task<std::vector<RpcAnswer>> RpcConnection::exchanges(Way way, std::vector<RpcCall> calls,
                                                             bool ordered, async::Deadline deadline) {
    std::vector<RpcAnswer> answers;
    if (way == Way::http || !ordered) {
        answers = co_await exchange(way, std::move(calls), deadline);
        co_return answers;
    }
    for (auto& one : calls) {
        std::vector<RpcCall> alone;
        alone.push_back(std::move(one));
        auto answered = co_await exchange(way, std::move(alone), deadline);
        answers.push_back(std::move(answered.front()));
    }
    co_return answers;
}

/// Every call may be made twice, transactions too: what one way fails with, the other one is asked.
async::Task<std::vector<RpcAnswer>> RpcConnection::by_any_way(std::vector<RpcCall> calls, bool ordered,
                                                              async::Deadline deadline) {
    const auto whole = limit(deadline);
    const auto all = ways();
    const auto asked = active_;
    std::exception_ptr first;
    for (std::size_t i = 0; i < all.size(); ++i) {
        // Nothing leaves after its time: what is sent late could arrive when another instance leads.
        if (whole.passed()) {
            if (!first) first = std::make_exception_ptr(TransportError("no time was left to ask"));
            break;
        }
        // A way that is silent leaves time for the other one.
        const bool last = i + 1 == all.size();
        const auto until = last ? whole : whole.sooner(async::Deadline::after(whole.left() / 2));
        std::vector<RpcAnswer> answers;
        std::exception_ptr failure;
        std::string problem;
        try {
            answers = co_await exchanges(all[i], calls, ordered, until);
        } catch (const AnswerTooLarge&) {
            throw;
        } catch (const TransportError& error) {
            failure = std::current_exception();
            problem = error.what();
        }
        if (all[i] == Way::http && asked == active_) {
            if (failure) http_failed(problem);
            if (!failure) http_failed_ = false;
        }
        if (!failure) co_return answers;
        if (!first) first = failure;
    }
    std::rethrow_exception(first);
}

/// One call without a look at the chain id.
async::Task<RpcAnswer> RpcConnection::ask(RpcCall call) {
    std::vector<RpcCall> calls;
    calls.push_back(std::move(call));
    auto answers = co_await by_any_way(std::move(calls), true, {});
    co_return std::move(answers.front());
}

async::Task<RpcAnswer> RpcConnection::call(RpcCall call, async::Deadline deadline) {
    std::vector<RpcCall> calls;
    calls.push_back(std::move(call));
    auto answers = co_await in_order(std::move(calls), deadline);
    co_return std::move(answers.front());
}

async::Task<std::vector<RpcAnswer>> RpcConnection::in_order(std::vector<RpcCall> calls,
                                                            async::Deadline deadline) {
    return counted(std::move(calls), true, deadline);
}

async::Task<std::vector<RpcAnswer>> RpcConnection::counted(std::vector<RpcCall> calls, bool ordered,
                                                           async::Deadline deadline) {
    require_verified();
    count("calls_total");
    std::vector<RpcAnswer> answers;
    std::exception_ptr failure;
    try {
        answers = co_await by_any_way(std::move(calls), ordered, deadline);
    } catch (...) {
        failure = std::current_exception();
    }
    count(failure ? "calls_failed" : "calls_success");
    if (failure) std::rethrow_exception(failure);
    co_return answers;
}

async::Task<std::vector<RpcAnswer>> RpcConnection::batch(std::vector<RpcCall> calls,
                                                         async::Deadline deadline) {
    require_verified();
    std::vector<RpcAnswer> answers;
    for (std::size_t begin = 0; begin < calls.size(); begin += batch_size) {
        const auto end = std::min(calls.size(), begin + batch_size);
        std::vector<RpcCall> part(std::make_move_iterator(calls.begin() + static_cast<std::ptrdiff_t>(begin)),
                                  std::make_move_iterator(calls.begin() + static_cast<std::ptrdiff_t>(end)));
        auto some = co_await counted(std::move(part), false, deadline);
        std::move(some.begin(), some.end(), std::back_inserter(answers));
    }
    co_return answers;
}

void RpcConnection::fan_out(const std::vector<RpcCall>& calls, async::Deadline deadline) {
    for (const auto& other : others_) {
        const bool active = !other->endpoint().send_only && other->endpoint().http_url == primary().http_url;
        if (!active) other->add(calls, deadline);
    }
}

}  // namespace baton::eth
