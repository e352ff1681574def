#include "baton/net/http_session.hpp"

#include "baton/base/error_text.hpp"
#include "baton/net/http_text.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace baton::net {

namespace http = boost::beast::http;
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t default_body_limit = 32768;
constexpr std::size_t read_size = 16384;
/// How long a peer that still sends may read its answer before the socket is closed under it.
constexpr auto linger_time = std::chrono::milliseconds(500);

Request head_of(const http::request<http::string_body>& message, const HttpSession::Peer& peer,
                bool over_tls) {
    Request head;
    const auto method = message.method_string();
    const auto target = message.target();
    head.method.assign(method.data(), method.size());
    head.target.assign(target.data(), target.size());
    split_target(head);
    for (const auto& field : message) {
        const auto name = field.name_string();
        const auto value = field.value();
        head.headers.add({name.data(), name.size()}, {value.data(), value.size()});
    }
    head.remote_address = peer.address;
    head.remote_port = peer.port;
    head.over_tls = over_tls;
    return head;
}

RequestFault fault_of(const error_code& error) {
    if (error == http::error::header_limit) return RequestFault::header_too_large;
    if (error == http::error::body_limit) return RequestFault::body_too_large;
    return RequestFault::malformed;
}

}  // namespace

/// Beast's parser, fed from the session's buffer.
class HttpSession::Reader {
  public:
    explicit Reader(std::size_t header_limit) {
        // The limit is set when the head is known; until then Beast must not compare with its own default.
        parser_.body_limit(boost::none);
        // Beast's counter is 32 bits wide.
        parser_.header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(header_limit, 0xffffffff)));
    }

    /// Takes what it can use of the bytes and tells how many that were.
    std::size_t feed(const char* data, std::size_t size) {
        error_code error;
        const std::size_t used = parser_.put(asio::buffer(data, size), error);
        if (error == http::error::need_more) return used;
        error_ = error;
        return used;
    }
    bool has_head() const { return parser_.is_header_done(); }
    bool is_done() const { return parser_.is_done(); }
    const error_code& error() const { return error_; }
    /// Continues after the head, with at most so many bytes of body.
    bool read_body(std::size_t limit) {
        const auto length = parser_.content_length();
        if (length && *length > limit) return false;
        parser_.body_limit(limit);
        parser_.eager(true);
        return true;
    }
    http::request<http::string_body>& message() { return parser_.get(); }

  private:
    http::request_parser<http::string_body> parser_;
    error_code error_;
};

HttpSession::HttpSession(SessionContext& context, std::unique_ptr<Transport> transport, Peer peer)
    : context_(context), transport_(std::move(transport)), peer_(std::move(peer)), input_(read_size) {
    context_.sessions.insert(this);
}

HttpSession::~HttpSession() {
    enter(State::lingering);
    transport_->close();
    context_.sessions.erase(this);
    context_.ended.notify();
}

void HttpSession::enter(State state) {
    const bool was_busy = is_busy();
    state_ = state;
    if (was_busy && !is_busy()) --context_.busy;
    if (!was_busy && is_busy()) ++context_.busy;
    const auto& options = context_.options;
    switch (state) {
        case State::handshake:
        case State::reading:
            deadline_ = async::Deadline::after(options.read_timeout);
            break;
        case State::idle:
            deadline_ = async::Deadline::after(options.idle_timeout);
            break;
        case State::handling:
            deadline_ = async::Deadline::never();
            break;
        case State::writing:
            deadline_ = async::Deadline::after(options.write_timeout);
            break;
        case State::lingering:
            deadline_ = async::Deadline::after(linger_time);
            break;
    }
}

void HttpSession::enforce_deadline(BootClock::time_point now) {
    if (now < deadline_.at()) return;
    timed_out_ = true;
    deadline_ = async::Deadline::never();
    const bool waits = state_ == State::idle || state_ == State::reading;
    waits ? transport_->cancel_read() : transport_->close();
}

void HttpSession::close_if_idle() {
    if (state_ != State::idle && state_ != State::handshake) return;
    timed_out_ = true;
    transport_->cancel_read();
}

async::Task<void> HttpSession::run() {
    enter(State::handshake);
    const error_code handshake = co_await transport_->handshake();
    if (handshake) co_return;
    // A new connection has to bring a request soon; only later ones may be idle for longer.
    bool fresh = true;
    bool open = true;
    while (open) {
        enter(State::idle);
        if (fresh) deadline_ = async::Deadline::after(context_.options.read_timeout);
        fresh = false;
        Incoming incoming = co_await receive();
        if (std::holds_alternative<Gone>(incoming)) co_return;
        if (auto* refused = std::get_if<Refused>(&incoming)) {
            co_await refuse(*refused);
            co_return;
        }
        auto& received = std::get<Received>(incoming);
        const bool is_head = received.request.method == "HEAD";
        enter(State::handling);
        const Response response = co_await handle(std::move(received.request));
        open = received.keep_alive && !response.close && !context_.draining;
        const bool sent = co_await answer(response, is_head, open, last_was_1_0_);
        if (!sent) co_return;
    }
    co_await linger();
}

async::Task<bool> HttpSession::fill() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == input_.size()) {
        if (begin_ > 0) {
            std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        } else {
            input_.resize(input_.size() * 2);
        }
    }
    const asio::mutable_buffer space(input_.data() + end_, input_.size() - end_);
    const std::size_t count = co_await transport_->read_some(space);
    end_ += count;
    co_return count > 0 && !timed_out_;
}

async::Task<HttpSession::Incoming> HttpSession::receive() {
    Reader reader(context_.options.header_limit);
    Request head;
    bool limited = false;
    if (begin_ == end_ && context_.draining) co_return Gone{};
    if (begin_ != end_) enter(State::reading);
    for (;;) {
        if (begin_ != end_ && !reader.is_done()) begin_ += reader.feed(input_.data() + begin_, end_ - begin_);
        if (reader.error()) {
            if (head.method.empty()) head = head_of(reader.message(), peer_, bool(context_.options.tls));
            co_return Refused{fault_of(reader.error()), std::move(head)};
        }
        if (reader.has_head() && !limited) {
            limited = true;
            head = head_of(reader.message(), peer_, bool(context_.options.tls));
            // RFC 9112 section 3.2: exactly one Host field in HTTP/1.1.
            if (reader.message().version() >= 11 && head.headers.all("Host").size() != 1) {
                co_return Refused{RequestFault::malformed, std::move(head)};
            }
            const auto& ask = context_.options.body_limit;
            if (!reader.read_body(ask ? ask(head) : default_body_limit)) {
                co_return Refused{RequestFault::body_too_large, std::move(head)};
            }
            if (!reader.is_done() && equal_ignoring_case(head.headers.get("Expect"), "100-continue")) {
                const std::array<asio::const_buffer, 2> go_on = {asio::buffer(continue_line),
                                                                 asio::const_buffer()};
                const bool sent = co_await transport_->write(go_on);
                if (!sent) co_return Gone{};
            }
            continue;
        }
        if (reader.is_done()) break;
        const bool more = co_await fill();
        if (!more) {
            const bool partial = state_ == State::reading && timed_out_;
            if (!partial) co_return Gone{};
            co_return Refused{RequestFault::too_slow, std::move(head)};
        }
        if (state_ == State::idle) enter(State::reading);
    }
    auto& message = reader.message();
    head.body = std::move(message.body());
    last_was_1_0_ = message.version() < 11;
    co_return Received{std::move(head), message.keep_alive()};
}

async::Task<Response> HttpSession::handle(Request request) {
    Request head;
    head.method = request.method;
    head.target = request.target;
    head.path = request.path;
    head.query = request.query;
    head.headers = request.headers;
    head.remote_address = request.remote_address;
    std::exception_ptr failure;
    try {
        co_return co_await context_.handler(std::move(request));
    } catch (...) {
        failure = std::current_exception();
    }
    if (async::is_cancellation(failure)) std::rethrow_exception(failure);
    context_.options.log.error("HTTP handler failed",
                               {{"method", head.method}, {"path", head.path}, {"err", text_of(failure)}});
    if (context_.options.on_fault) co_return context_.options.on_fault(RequestFault::handler_failed, head);
    Response none;
    none.status = 0;
    co_return none;
}

async::Task<bool> HttpSession::answer(const Response& response, bool is_head, bool keep_alive,
                                      bool http_1_0) {
    if (response.status == 0) co_return false;
    enter(State::writing);
    const std::string head = format_head(response, keep_alive, http_1_0);
    const bool with_body = !is_head && may_have_body(response.status);
    const std::array<asio::const_buffer, 2> message = {
        asio::buffer(head), with_body ? asio::buffer(response.body) : asio::const_buffer()};
    const bool sent = co_await transport_->write(message);
    co_return sent;
}

async::Task<void> HttpSession::refuse(const Refused& refused) {
    if (!context_.options.on_fault) co_return;
    timed_out_ = false;
    const Response response = context_.options.on_fault(refused.fault, refused.head);
    const bool sent = co_await answer(response, refused.head.method == "HEAD", false, false);
    if (sent) co_await linger();
}

async::Task<void> HttpSession::linger() {
    // Closing a socket that has unread bytes resets the connection, and the peer may lose the answer it has
    // not read yet. So: say that nothing follows, throw away what still comes, for a bounded time.
    enter(State::lingering);
    co_await transport_->finish_writing();
    for (;;) {
        const asio::mutable_buffer space(input_.data(), input_.size());
        const std::size_t count = co_await transport_->discard_some(space);
        if (count == 0) co_return;
    }
}

}  // namespace baton::net
