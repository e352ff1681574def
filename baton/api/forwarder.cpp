#include "baton/api/forwarder.hpp"

#include "baton/api/forward_mark.hpp"
#include "baton/async/event.hpp"
#include "baton/async/group.hpp"

#include <algorithm>
#include <array>

namespace baton::api {

namespace {

/// Of an answer: a run with all its tasks fits many times.
constexpr std::size_t largest_answer = std::size_t{32} << 20;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(),
                       [name](std::string_view one) { return net::equal_ignoring_case(name, one); });
}

/// About one connection, not about the message (RFC 9110 section 7.6.1).
bool is_of_connection(std::string_view name) {
    return is_one_of(name, {"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE",
                            "Trailer", "Transfer-Encoding", "Upgrade", "Expect", "Content-Length", "Host"});
}

net::Headers headers_to_leader(const Forwarder::Call& call) {
    const auto& request = *call.request;
    net::Headers headers;
    for (const auto& [name, value] : request.headers) {
        if (!is_of_connection(name)) headers.add(name, value);
    }
    std::string client(request.headers.get("X-Forwarded-For"));
    if (!client.empty()) client += ", ";
    headers.set("X-Forwarded-For", client + request.remote_address);
    if (request.over_tls) headers.set("X-Forwarded-Proto", "https");
    headers.set(forward_header, write_forward_mark({call.leader.epoch, call.key}, call.leader.token,
                                                   request.method, request.target));
    return headers;
}

net::ClientRequest request_to_leader(const Forwarder::Call& call) {
    auto base = call.leader.address;
    while (base.ends_with('/'))
        base.pop_back();
    net::ClientRequest request;
    request.method = call.request->method;
    request.url = base + call.request->target;
    request.headers = headers_to_leader(call);
    request.body = call.request->body;
    request.deadline = call.deadline;
    request.max_response_bytes = largest_answer;
    request.follow_redirects = false;
    request.repeatable = call.repeatable;
    request.fresh_connection = !call.repeatable;
    return request;
}

/// What this instance says of its own connection and limits it adds itself.
net::Response answer_of(net::ClientResponse response) {
    net::Response answer;
    answer.status = response.status;
    answer.body = std::move(response.body);
    for (const auto& [name, value] : response.headers) {
        const bool own = is_of_connection(name) || net::equal_ignoring_case(name, "Date") ||
                         net::equal_ignoring_case(name.substr(0, 12), "X-Ratelimit-");
        if (!own) answer.headers.add(name, value);
    }
    return answer;
}

/// Nothing can have been sent: no connection was made.
bool was_not_sent(const net::ClientError& error) {
    return error.kind == net::ClientError::Kind::bad_request || error.text.starts_with("dial tcp") ||
           error.text.starts_with("tls: ") || error.text.starts_with("x509: ");
}

Forwarded outcome_of(net::ClientResult result) {
    Forwarded outcome;
    if (auto* error = std::get_if<net::ClientError>(&result)) {
        outcome.kind = was_not_sent(*error) ? Forwarded::Kind::not_done : Forwarded::Kind::unknown;
        const bool late = error->kind == net::ClientError::Kind::timeout;
        outcome.reason = late ? "no answer in time" : error->text;
        return outcome;
    }
    auto& response = std::get<net::ClientResponse>(result);
    if (response.headers.contains(not_done_header)) {
        outcome.kind = Forwarded::Kind::not_done;
        outcome.reason = "it does not lead";
        return outcome;
    }
    outcome.kind = Forwarded::Kind::answered;
    outcome.answer = answer_of(std::move(response));
    return outcome;
}

/// The exchange and the watch beside it; the first that ends wakes the caller.
struct Race {
    explicit Race(const async::Executor& executor) : over(executor) {}
    async::Event over;
    bool replaced = false;
    std::optional<net::ClientResult> result;
};

async::Task<void> exchange(net::HttpClient* client, net::ClientRequest request, Race* race) {
    race->result.emplace(co_await client->send(std::move(request)));
    race->over.notify();
}

async::Task<void> watch(LeadershipView* leadership, std::int64_t epoch, Race* race) {
    while (leadership->leading_epoch().value_or(epoch) == epoch)
        co_await leadership->leader_changes();
    race->replaced = true;
    race->over.notify();
}

}  // namespace

async::Task<Forwarded> Forwarder::send(Call call) {
    auto request = request_to_leader(call);
    if (!call.repeatable) co_return outcome_of(co_await client_->send(std::move(request)));

    const auto executor = co_await async::current_executor();
    Race race(executor);
    async::TaskGroup group(executor);
    group.spawn("forward", exchange(client_, std::move(request), &race));
    group.spawn("leader", watch(leadership_, call.leader.epoch, &race));
    std::exception_ptr stopped;
    try {
        while (!race.result && !race.replaced)
            co_await race.over.wait();
    } catch (...) {
        stopped = std::current_exception();
    }
    if (stopped) co_await async::shield_cancellation();
    co_await group.stop();
    if (stopped) std::rethrow_exception(stopped);
    if (race.result) co_return outcome_of(*std::move(race.result));
    Forwarded outcome;
    outcome.reason = "it was replaced before it answered";
    co_return outcome;
}

}  // namespace baton::api
