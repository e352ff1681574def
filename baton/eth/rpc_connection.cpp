#include "baton/eth/rpc_connection.hpp"

#include "baton/async/retry.hpp"
#include "baton/async/run_all.hpp"
#include "baton/async/timer.hpp"
#include "baton/eth/plain_answer.hpp"
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
constexpr std::size_t most_seen_heads = 4096;
/// No chain makes as many blocks while a node is away; such a number is a fault of the endpoint, and
/// believing it would make every true head look old.
constexpr std::uint64_t most_height_gained = 10'000'000;
/// Endpoints limit the size of batches (reference/evm.md section 2, RPCDefaultBatchSize).
constexpr std::size_t batch_size = 100;
/// Failed or unexpected answers of this number in a row end a connection that itself says nothing.
constexpr int most_bad_polls = 3;
constexpr auto steady_after = std::chrono::seconds(30);

RpcCall make_call(std::string method, std::string params = "[]") {
    RpcCall call;
    call.method = std::move(method);
    call.params = std::move(params);
    return call;
}

std::string text_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& known) {
        return known.what();
    } catch (...) {
        return "unknown error";
    }
}

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
        if (other) others_.push_back(std::make_unique<FanOut>(executor, endpoint, chain_id_, http, log_));
        if (!endpoint.send_only) primaries_.push_back(std::move(endpoint));
    }
    if (primaries_.empty()) throw InvalidInput("no available nodes for chain " + to_decimal(chain_id_));
    enter(State::undialed);
}

// ---------------------------------------------------------------------------------------------------------------------
// Connection
// ---------------------------------------------------------------------------------------------------------------------

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
        std::exception_ptr failure;
        try {
            co_await connected(on_head);
        } catch (...) {
            failure = std::current_exception();
        }
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

// ---------------------------------------------------------------------------------------------------------------------
// Heads
// ---------------------------------------------------------------------------------------------------------------------

std::chrono::nanoseconds RpcConnection::silence() const {
    return std::clamp(2 * head_interval_, times_.silence, 5 * times_.silence);
}

async::Task<void> RpcConnection::follow(std::shared_ptr<SocketChannel> channel, const OnHead* on_head) {
    co_await verify(channel);
    socket_ = channel;
    co_await channel->subscribe_new_heads(limit());
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
    const auto question =
        make_call("eth_getBlockByHash", "[\"" + to_0x(head.parent_hash.view()) + "\",false]");
    auto answer = co_await ask(question);
    auto parent = plain(answer, "eth_getBlockByHash", read_head);
    if (!parent && has_http() && has_socket()) {
        answer = co_await require_socket()->call(question, limit());
        parent = plain(answer, "eth_getBlockByHash", read_head);
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

// ---------------------------------------------------------------------------------------------------------------------
// Calls
// ---------------------------------------------------------------------------------------------------------------------

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

async::Task<std::vector<RpcAnswer>> RpcConnection::exchange(Way way, std::vector<RpcCall> calls, bool ordered,
                                                            async::Deadline deadline) {
    std::vector<RpcAnswer> answers;
    if (way == Way::http && calls.size() > 1) {
        answers = co_await http_endpoint().batch(std::move(calls), deadline);
        co_return answers;
    }
    if (way == Way::socket && !ordered) {
        // Not as a JSON-RPC batch: some providers take none on a WebSocket.
        answers = co_await require_socket()->calls(std::move(calls), deadline);
        co_return answers;
    }
    for (auto& one : calls) {
        RpcAnswer answer;
        if (way == Way::http) {
            answer = co_await http_endpoint().call(std::move(one), deadline);
        } else {
            answer = co_await require_socket()->call(std::move(one), deadline);
        }
        answers.push_back(std::move(answer));
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
        try {
            answers = co_await exchange(all[i], calls, ordered, until);
        } catch (const AnswerTooLarge&) {
            throw;
        } catch (const TransportError&) {
            failure = std::current_exception();
        }
        if (all[i] == Way::http && asked == active_) {
            if (failure) http_failed(text_of(failure));
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

// ---------------------------------------------------------------------------------------------------------------------
// Numbers
// ---------------------------------------------------------------------------------------------------------------------

void RpcConnection::count(const char* what) const {
    metrics_.add(std::string("evm_pool_rpc_node_") + what, 1,
                 {{"evmChainID", to_decimal(chain_id_)}, {"nodeName", primary().name}});
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
