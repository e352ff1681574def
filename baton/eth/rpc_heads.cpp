// How RpcConnection follows the heads of the active endpoint: by subscription, or by asking over HTTP.
#include "baton/eth/call_timer.hpp"
#include "baton/eth/plain_answer.hpp"
#include "baton/eth/rpc_connection.hpp"
#include "baton/eth/rpc_json.hpp"

#include <algorithm>
#include <map>

namespace baton::eth {

namespace {

/// Missing parents that are fetched when a head does not link to what is known.
constexpr std::uint64_t most_missing_heads = 64;
/// How soon a head is taken again whose parents the endpoint did not give: a block takes a moment from one
/// server behind a load balancer to the next.
constexpr auto retake_after = std::chrono::milliseconds(50);
/// No chain makes as many blocks while a node is away; such a number is a fault of the endpoint, and
/// believing it would make every true head look old.
constexpr std::uint64_t most_height_gained = 10'000'000;

}  // namespace

std::chrono::nanoseconds RpcConnection::silence() const {
    return std::clamp(2 * head_interval_, times_.silence, 5 * times_.silence);
}

async::Task<void> RpcConnection::subscribe(std::shared_ptr<SocketChannel> channel) {
    CallTimer timer(metrics_, chain_id_, primary(), primary().ws_url, "EthSubscribe");
    co_await channel->subscribe_new_heads(limit());
    timer.succeeded();
}

async::Task<void> RpcConnection::follow(std::shared_ptr<SocketChannel> channel, const OnHead* on_head) {
    co_await verify(channel);
    socket_ = channel;
    co_await subscribe(channel);
    log_.info("connected to the RPC endpoint",
              {{"nodeName", primary().name}, {"url", redacted_url(primary().ws_url)}});
    enter(State::alive);
    // The first thing to know is where the chain stands; the subscription tells only what is new.
    co_await poll(on_head);
    subscribed_ = true;
    int bad_polls = 0;
    for (;;) {
        const auto patience = unlinked_ ? retake_after : silence();
        const auto told = co_await channel->next_notification(async::Deadline::after(patience));
        if (told) {
            bad_polls = 0;
            const auto head = plain(RpcAnswer(*told), "newHeads", read_head);
            if (head) co_await take(*head, on_head);
            continue;
        }
        if (unlinked_) {
            co_await retake(on_head);
            continue;
        }
        // A subscription that says nothing while the chain moves on is as bad as an endpoint that does not
        // answer.
        std::string problem;
        try {
            const bool news = co_await poll(on_head);
            if (news) problem = "the subscription is silent while the chain moves on";
        } catch (const Cancelled&) {
            throw;
        } catch (const Error& error) {
            problem = error.what();
        }
        bad_polls = problem.empty() ? 0 : bad_polls + 1;
        if (bad_polls >= most_bad_polls) throw TransportError(problem);
    }
}

/// While the WebSocket cannot be had: a node that hears of new blocks a little late is better than a deaf
/// one.
async::Task<void> RpcConnection::follow_by_http(const OnHead* on_head) {
    for (;;) {
        const auto patience = unlinked_ ? retake_after : silence();
        co_await lost_.wait(async::Deadline::after(patience));
        if (!has_http()) continue;
        if (subscribed_) {
            if (http_failed_) co_await probe_http();
            continue;
        }
        std::string problem;
        try {
            if (!verified_ || !http_proved_) co_await verify(nullptr);
            if (unlinked_) co_await retake(on_head);
            co_await poll(on_head);
        } catch (const Cancelled&) {
            throw;
        } catch (const Error& error) {
            problem = error.what();
        }
        by_http_ = problem.empty();
        if (!problem.empty()) log_.debug("the latest block could not be read", {{"err", problem}});
    }
}

/// Asks for the latest block; true when it was not known.
async::Task<bool> RpcConnection::poll(const OnHead* on_head) {
    count("polls_total");
    std::exception_ptr failure;
    std::optional<model::Head> head;
    try {
        const auto answer = co_await ask(make_call("eth_getBlockByNumber", R"(["latest",false])"));
        head = plain(answer, "eth_getBlockByNumber", read_head);
    } catch (...) {
        failure = std::current_exception();
    }
    count(failure ? "polls_failed" : "polls_success");
    if (failure) std::rethrow_exception(failure);
    const bool news = head && !seen_.knows(head->hash);
    if (news) co_await take(*head, on_head);
    co_return news;
}

/// The block itself is known, so its parent exists: an endpoint that says otherwise lags behind the one that
/// told of the block, and the other way to it may know more.
async::Task<std::optional<model::Head>> RpcConnection::parent_of(model::Head head) {
    auto question = make_call("eth_getBlockByHash", "[\"" + to_0x(head.parent_hash.view()) + "\",false]");
    auto answer = co_await ask(question);
    auto parent = plain(answer, "eth_getBlockByHash", read_head);
    if (!parent && has_http() && has_socket()) {
        std::vector<RpcCall> again;
        again.push_back(std::move(question));
        const auto answers = co_await exchange(Way::socket, std::move(again), limit());
        parent = plain(answers.front(), "eth_getBlockByHash", read_head);
    }
    if (parent && (parent->hash != head.parent_hash || parent->number + 1 != head.number)) {
        throw TransportError("the endpoint gave block " + to_0x(parent->hash.view()) + " as parent of " +
                             to_0x(head.hash.view()) + ", which it is not");
    }
    co_return parent;
}

/// The unknown ancestors of a head, newest first; nothing when the endpoint does not give them (yet).
async::Task<std::optional<std::vector<model::Head>>> RpcConnection::missed_before(model::Head head) {
    std::vector<model::Head> missed;
    if (!seen_.newest() || seen_.knows(head.parent_hash)) co_return missed;
    // As a rule nothing but a stretch of the chain is missing: one batch by number. What does not link is
    // asked for by hash.
    std::map<std::uint64_t, model::Head> by_number;
    const auto known = seen_.newest()->number;
    if (head.number > known + most_missing_heads) co_return missed;
    if (head.number > known + 2) {
        std::vector<RpcCall> questions;
        for (auto number = known + 1; number < head.number; ++number) {
            questions.push_back(make_call("eth_getBlockByNumber", "[" + quantity_text(number) + ",false]"));
        }
        const auto answers = co_await in_order(std::move(questions), limit());
        for (const auto& answer : answers) {
            const auto one = plain(answer, "eth_getBlockByNumber", read_head);
            if (one) by_number[one->number] = *one;
        }
    }
    auto at = head;
    while (at.number > 0 && !seen_.knows(at.parent_hash) && missed.size() < most_missing_heads) {
        std::optional<model::Head> parent;
        const auto found = by_number.find(at.number - 1);
        if (found != by_number.end() && found->second.hash == at.parent_hash) {
            parent = found->second;
        } else {
            parent = co_await parent_of(at);
        }
        if (!parent) co_return std::nullopt;
        missed.push_back(*parent);
        at = *std::move(parent);
    }
    co_return missed;
}

/// Told without its parents, a head would hide what a reorganisation took away.
void RpcConnection::put_off(const model::Head& head) {
    if (!unlinked_) unlinked_until_ = limit();
    if (!unlinked_ || head.number >= unlinked_->number) unlinked_ = head;
    if (!unlinked_until_.passed()) return;
    unlinked_.reset();
    throw TransportError("the endpoint does not give the parents of block " + std::to_string(head.number) +
                         ", " + to_0x(head.hash.view()));
}

/// A head far above all that is known links to nothing: it is believed when the endpoint says a second time
/// how long its chain is.
async::Task<void> RpcConnection::confirm_height(std::uint64_t number) {
    const auto answer = co_await ask(make_call("eth_blockNumber"));
    const auto height = plain(answer, "eth_blockNumber", read_number);
    if (height >= number - most_missing_heads) co_return;
    throw TransportError("the endpoint gave a head of height " + std::to_string(number) +
                         " but says that its latest block is " + std::to_string(height) +
                         ": the head is not believed");
}

async::Task<void> RpcConnection::retake(const OnHead* on_head) {
    const auto head = *unlinked_;
    co_await take(head, on_head);
}

async::Task<void> RpcConnection::take(model::Head head, const OnHead* on_head) {
    const auto turn = co_await taking_.lock();
    if (seen_.knows(head.hash)) {
        if (unlinked_ && unlinked_->hash == head.hash) unlinked_.reset();
        co_return;
    }
    if (seen_.newest() && head.number > seen_.newest()->number + most_height_gained) {
        throw TransportError("the endpoint gave a head of height " + std::to_string(head.number) +
                             " after one of " + std::to_string(seen_.newest()->number));
    }
    if (seen_.newest() && head.number > seen_.newest()->number + most_missing_heads) {
        co_await confirm_height(head.number);
    }
    auto missed = co_await missed_before(head);
    if (!missed) {
        put_off(head);
        co_return;
    }
    if (unlinked_ && head.number >= unlinked_->number) unlinked_.reset();
    auto chain = *std::move(missed);
    chain.insert(chain.begin(), head);
    const auto now = BootClock::now();
    if (last_head_at_) head_interval_ = (now - *last_head_at_) / static_cast<long>(chain.size());
    last_head_at_ = now;
    for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
        seen_.add(*at);
        count("num_seen_blocks");
        (*on_head)(*at);
    }
    metrics_.set("evm_pool_rpc_node_highest_seen_block", static_cast<double>(head.number),
                 {{"evmChainID", to_decimal(chain_id_)}, {"nodeName", primary().name}});
}

}  // namespace baton::eth
