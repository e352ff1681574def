#include "baton/eth/socket_channel.hpp"

#include "baton/base/error_text.hpp"
#include "baton/codec/json.hpp"
#include "baton/eth/http_endpoint.hpp"
#include "baton/eth/rpc_json.hpp"

namespace baton::eth {

namespace {

/// More than that are heads nobody will look at any more.
constexpr std::size_t most_notifications = 256;

std::string reason_of(const std::exception_ptr& error) {
    return async::is_cancellation(error) ? "the connection was closed here" : text_of(error);
}

}  // namespace

/// A call that waits for its answer; taken off the list however the waiting ends.
class SocketChannel::Question {
  public:
    explicit Question(SocketChannel& channel)
        : channel_(channel), id_(channel.next_id_++), promise_(channel.executor_) {
        channel_.waiting_.emplace(id_, promise_);
    }
    ~Question() { channel_.waiting_.erase(id_); }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    std::uint64_t id() const { return static_cast<std::uint64_t>(id_); }
    const Promise& promise() const { return promise_; }

  private:
    SocketChannel& channel_;
    std::int64_t id_;
    Promise promise_;
};

SocketChannel::SocketChannel(async::Executor executor, std::string url)
    : executor_(executor), url_(std::move(url)), arrived_(executor) {}

async::Task<std::shared_ptr<SocketChannel>> SocketChannel::connect(std::string url,
                                                                   async::Deadline deadline) {
    const auto executor = co_await async::current_executor();
    auto channel = std::make_shared<SocketChannel>(executor, url);
    net::WebSocketOptions options;
    options.url = std::move(url);
    options.max_message_bytes = most_answer_bytes;
    // A dead connection is noticed within the limit of a call.
    options.ping_after = std::chrono::seconds(5);
    channel->socket_ = co_await net::WebSocketClient::connect(std::move(options), deadline);
    co_return channel;
}

std::string SocketChannel::failure(const std::string& reason) const {
    return "primary websocket (" + redacted_url(url_) + ") call failed: " + reason;
}

void SocketChannel::receive(const std::string& text) {
    codec::Value message;
    try {
        message = codec::read_json(text);
    } catch (const codec::JsonError& error) {
        throw TransportError(failure(std::string("a message is no JSON: ") + error.what()));
    }
    if (const auto id = codec::int64_member(message, "id")) {
        const auto found = waiting_.find(*id);
        // Nobody waits for it any more.
        if (found == waiting_.end()) return;
        found->second.set_value(std::move(message));
        waiting_.erase(found);
        return;
    }
    if (const auto* head = codec::at(message, {"params", "result"})) {
        notifications_.push_back(*head);
        if (notifications_.size() > most_notifications) notifications_.pop_front();
        arrived_.notify();
        return;
    }
    // The answer to something that the endpoint could not even read.
    const auto* error = codec::member(message, "error");
    if (error) throw TransportError(failure("the endpoint answered: " + codec::string_or(*error, "message")));
    if (!message.map_or_null()) throw TransportError(failure("a message is no JSON-RPC object"));
}

void SocketChannel::end(const std::string& reason) {
    if (ended_) return;
    ended_ = reason;
    socket_->abort();
    // The callers are others than the reader: they learn that the connection ended, never that they were
    // cancelled.
    const auto error = std::make_exception_ptr(TransportError(failure(reason)));
    const auto waiting = std::move(waiting_);
    waiting_.clear();
    for (const auto& [id, promise] : waiting) {
        promise.set_error(error);
    }
}

async::Task<void> SocketChannel::read(std::shared_ptr<SocketChannel> self) {
    /// Also when the frame is destroyed while it waits.
    struct Ended {
        SocketChannel& channel;
        std::string reason = "the connection was closed here";
        ~Ended() { channel.end(reason); }
    } ended{*self};
    try {
        for (;;) {
            const auto text = co_await self->socket_->receive();
            self->receive(text);
        }
    } catch (...) {
        ended.reason = reason_of(std::current_exception());
        throw;
    }
}

async::Task<void> SocketChannel::send(std::shared_ptr<SocketChannel> self, std::string text) {
    if (self->ended_) throw TransportError(self->failure(*self->ended_));
    try {
        co_await self->socket_->send(std::move(text));
    } catch (const net::WebSocketError& error) {
        throw TransportError(self->failure(error.what()));
    }
}

async::Task<RpcAnswer> SocketChannel::answer(std::shared_ptr<SocketChannel> self, const Question* question,
                                             async::Deadline deadline) {
    bool late = false;
    codec::Value message;
    try {
        message = co_await question->promise().get(deadline);
    } catch (const TimedOut&) {
        late = true;
    }
    if (late) throw TransportError(self->failure("remote eth node timed out: context deadline exceeded"));
    try {
        co_return read_answer(message);
    } catch (const Error& error) {
        throw TransportError(self->failure(error.what()));
    }
}

async::Task<RpcAnswer> SocketChannel::call(std::shared_ptr<SocketChannel> self, RpcCall call,
                                           async::Deadline deadline) {
    const Question question(*self);
    auto text = request_text(call, question.id());
    co_await send(self, std::move(text));
    auto answered = co_await answer(self, &question, deadline);
    co_return answered;
}

async::Task<std::vector<RpcAnswer>> SocketChannel::calls(std::shared_ptr<SocketChannel> self,
                                                         std::vector<RpcCall> calls,
                                                         async::Deadline deadline) {
    std::deque<Question> questions;
    for (const auto& one : calls) {
        questions.emplace_back(*self);
        auto text = request_text(one, questions.back().id());
        co_await send(self, std::move(text));
    }
    std::vector<RpcAnswer> answers;
    for (const auto& question : questions) {
        auto answered = co_await answer(self, &question, deadline);
        answers.push_back(std::move(answered));
    }
    co_return answers;
}

async::Task<void> SocketChannel::read() {
    return read(shared_from_this());
}

async::Task<RpcAnswer> SocketChannel::call(RpcCall call, async::Deadline deadline) {
    return SocketChannel::call(shared_from_this(), std::move(call), deadline);
}

async::Task<std::vector<RpcAnswer>> SocketChannel::calls(std::vector<RpcCall> calls,
                                                         async::Deadline deadline) {
    return SocketChannel::calls(shared_from_this(), std::move(calls), deadline);
}

async::Task<void> SocketChannel::subscribe_new_heads(async::Deadline deadline) {
    RpcCall subscribe;
    subscribe.method = "eth_subscribe";
    subscribe.params = R"(["newHeads"])";
    notifications_.clear();
    const auto answered = co_await call(std::move(subscribe), deadline);
    if (const auto* error = std::get_if<RpcError>(&answered)) {
        throw TransportError(failure("the endpoint refuses eth_subscribe newHeads: " + error->message));
    }
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
