#include "baton/eth/socket_channel.hpp"

#include "baton/codec/json.hpp"
#include "baton/eth/rpc_json.hpp"

namespace baton::eth {

namespace {
/// More than that are heads nobody will look at any more.
constexpr std::size_t most_notifications = 256;
}  // namespace

async::Task<std::shared_ptr<SocketChannel>> SocketChannel::connect(std::string url, async::Deadline deadline) {
    const auto executor = co_await async::current_executor();
    auto channel = std::make_shared<SocketChannel>(executor);
    net::WebSocketOptions options;
    options.url = std::move(url);
    channel->socket_ = co_await net::WebSocketClient::connect(std::move(options), deadline);
    co_return channel;
}

void SocketChannel::receive(const std::string& text) {
    const auto message = codec::read_json(text);
    if (const auto id = codec::int64_member(message, "id")) {
        const auto found = waiting_.find(*id);
        if (found == waiting_.end()) return;
        const auto promise = found->second;
        waiting_.erase(found);
        promise.set_value(read_answer(message));
        return;
    }
    const auto* result = codec::at(message, {"params", "result"});
    if (!result) return;
    notifications_.push_back(*result);
    if (notifications_.size() > most_notifications) notifications_.pop_front();
    arrived_.notify();
}

async::Task<void> SocketChannel::read() {
    std::exception_ptr ended;
    try {
        for (;;) {
            const auto text = co_await socket_->receive();
            receive(text);
        }
    } catch (...) {
        ended = std::current_exception();
    }
    for (auto& [id, promise] : waiting_) promise.set_error(ended);
    waiting_.clear();
    socket_->abort();
    std::rethrow_exception(ended);
}

async::Task<RpcAnswer> SocketChannel::call(RpcCall call, async::Deadline deadline) {
    const auto id = next_id_++;
    async::Promise<RpcAnswer> answer(executor_);
    waiting_.emplace(id, answer);
    struct Forget {
        SocketChannel* channel;
        std::int64_t id;
        ~Forget() { channel->waiting_.erase(id); }
    } forget{this, id};
    auto text = request_text(call, static_cast<std::uint64_t>(id));
    co_await socket_->send(std::move(text));
    co_return co_await answer.get(deadline);
}

async::Task<std::string> SocketChannel::subscribe_new_heads(async::Deadline deadline) {
    RpcCall subscribe;
    subscribe.method = "eth_subscribe";
    subscribe.params = R"(["newHeads"])";
    const auto answer = co_await call(std::move(subscribe), deadline);
    if (const auto* error = std::get_if<RpcError>(&answer))
        throw TransportError("the endpoint refuses eth_subscribe newHeads: " + error->message);
    const auto* id = std::get<codec::Value>(answer).get_if<std::string>();
    co_return id ? *id : std::string();
}

async::Task<std::optional<codec::Value>> SocketChannel::next_notification(async::Deadline deadline) {
    while (notifications_.empty()) {
        const bool notified = co_await arrived_.wait(deadline);
        if (!notified) co_return std::nullopt;
    }
    auto value = std::move(notifications_.front());
    notifications_.pop_front();
    co_return value;
}

}  // namespace baton::eth
