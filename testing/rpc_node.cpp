#include "testing/rpc_node.hpp"

#include "testing/rpc_chain.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <deque>
#include <list>
#include <mutex>
#include <thread>

namespace baton::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

/// What goes out as one message, or nothing at all.
struct Outgoing {
    std::string text;
    unsigned status = 200;
    bool binary = false;
};

struct Connection {
    explicit Connection(tcp::socket connected)
        : socket(std::move(connected)), changed(socket.get_executor()) {
        changed.expires_at(asio::steady_timer::time_point::max());
    }
    tcp::socket& lowest() { return web_socket ? web_socket->next_layer() : socket; }
    void push(Outgoing message) {
        queue.push_back(std::move(message));
        changed.cancel();
    }

    tcp::socket socket;
    std::optional<websocket::stream<tcp::socket>> web_socket;
    std::deque<Outgoing> queue;
    asio::steady_timer changed;
    bool subscribed = false;
    bool closed = false;
};
using ConnectionPointer = std::shared_ptr<Connection>;

}  // namespace

struct RpcNode::Impl : std::enable_shared_from_this<RpcNode::Impl> {
    Impl()
        : acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          port(acceptor.local_endpoint().port()) {}

    asio::awaitable<void> accept_all();
    asio::awaitable<void> serve(ConnectionPointer connection);
    asio::awaitable<void> serve_http(ConnectionPointer connection, beast::flat_buffer& buffer,
                                     http::request<http::string_body>& request);
    asio::awaitable<void> serve_web_socket(ConnectionPointer connection,
                                           const http::request<http::string_body>& request);
    asio::awaitable<void> write_all(ConnectionPointer connection);

    /// Nothing: no answer, and the connection ends if it is told to.
    std::optional<Outgoing> respond(const std::string& text, Connection& connection);
    bool is_silent() const {
        const std::lock_guard lock(mutex);
        return manner == Manner::silent;
    }
    std::string answer_all(const codec::Value& request, Connection& connection);
    std::string answer_one(const codec::Value& request, Connection& connection);
    Reply built_in(const std::string& method, const codec::Value& params, Connection& connection);

    asio::io_context context;
    tcp::acceptor acceptor;
    const std::uint16_t port;
    std::list<ConnectionPointer> connections;
    std::thread thread;

    mutable std::mutex mutex;
    RpcChain chain;
    std::uint64_t chain_id = 0;
    Manner manner = Manner::normal;
    Answer answer;
    std::vector<std::string> asked;
    std::size_t subscriptions = 0;
    bool tell = true;
};

RpcNode::RpcNode(std::uint64_t chain_id) : impl_(std::make_shared<Impl>()) {
    impl_->chain_id = chain_id;
    asio::co_spawn(impl_->context, impl_->accept_all(), asio::detached);
    impl_->thread = std::thread([impl = impl_.get()] { impl->context.run(); });
}

RpcNode::~RpcNode() {
    impl_->context.stop();
    impl_->thread.join();
    impl_->connections.clear();
}

std::uint16_t RpcNode::port() const {
    return impl_->port;
}

std::string RpcNode::http_url() const {
    return "http://127.0.0.1:" + std::to_string(port());
}

std::string RpcNode::ws_url() const {
    return "ws://127.0.0.1:" + std::to_string(port());
}

model::Head RpcNode::mine() {
    const std::lock_guard lock(impl_->mutex);
    const auto head = impl_->chain.add_block();
    if (!impl_->tell) return head;
    asio::post(impl_->context, [impl = impl_, head] {
        for (const auto& connection : impl->connections) {
            if (!connection->subscribed) continue;
            connection->push(
                {R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":)" +
                 RpcChain::json(head) + "}}"});
        }
    });
    return head;
}

void RpcNode::drop_blocks(std::size_t depth) {
    const std::lock_guard lock(impl_->mutex);
    impl_->chain.drop(depth);
}

model::Head RpcNode::tip() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->chain.tip();
}

void RpcNode::add_log(model::Log log) {
    const std::lock_guard lock(impl_->mutex);
    impl_->chain.add_log(std::move(log));
}

void RpcNode::set_chain_id(std::uint64_t chain_id) {
    const std::lock_guard lock(impl_->mutex);
    impl_->chain_id = chain_id;
}

void RpcNode::tell_subscribers(bool tell) {
    const std::lock_guard lock(impl_->mutex);
    impl_->tell = tell;
}

void RpcNode::answer(Answer answer) {
    const std::lock_guard lock(impl_->mutex);
    impl_->answer = std::move(answer);
}

void RpcNode::behave(Manner manner) {
    const std::lock_guard lock(impl_->mutex);
    impl_->manner = manner;
}

void RpcNode::drop_connections() {
    asio::post(impl_->context, [impl = impl_] {
        for (const auto& connection : impl->connections) {
            beast::error_code ignored;
            connection->lowest().close(ignored);
        }
    });
}

std::vector<std::string> RpcNode::asked() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->asked;
}

std::size_t RpcNode::asked(const std::string& method) const {
    const std::lock_guard lock(impl_->mutex);
    return static_cast<std::size_t>(std::count(impl_->asked.begin(), impl_->asked.end(), method));
}

std::size_t RpcNode::subscriptions() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->subscriptions;
}

asio::awaitable<void> RpcNode::Impl::accept_all() {
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(as_values);
        if (error) co_return;
        auto connection = std::make_shared<Connection>(std::move(socket));
        connections.push_back(connection);
        asio::co_spawn(context, serve(connection), asio::detached);
    }
}

asio::awaitable<void> RpcNode::Impl::serve(ConnectionPointer connection) {
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    const auto [error, size] = co_await http::async_read(connection->socket, buffer, request, as_values);
    if (!error) {
        if (websocket::is_upgrade(request)) {
            co_await serve_web_socket(connection, request);
        } else {
            co_await serve_http(connection, buffer, request);
        }
    }
    connection->closed = true;
    connection->changed.cancel();
    beast::error_code ignored;
    connection->lowest().close(ignored);
    connections.remove(connection);
}

asio::awaitable<void> RpcNode::Impl::serve_http(ConnectionPointer connection, beast::flat_buffer& buffer,
                                                http::request<http::string_body>& request) {
    for (;;) {
        const auto outgoing = respond(request.body(), *connection);
        if (!outgoing) {
            if (!is_silent()) co_return;
            request = {};
            co_await http::async_read(connection->socket, buffer, request, as_values);
            co_return;
        }
        http::response<http::string_body> response(static_cast<http::status>(outgoing->status), 11);
        response.body() = outgoing->text;
        response.prepare_payload();
        const auto [write_error, written] =
            co_await http::async_write(connection->socket, response, as_values);
        if (write_error) co_return;
        request = {};
        const auto [read_error, size] =
            co_await http::async_read(connection->socket, buffer, request, as_values);
        if (read_error) co_return;
    }
}

asio::awaitable<void> RpcNode::Impl::serve_web_socket(ConnectionPointer connection,
                                                      const http::request<http::string_body>& request) {
    {
        const std::lock_guard lock(mutex);
        if (manner == Manner::no_web_socket) co_return;
    }
    connection->web_socket.emplace(std::move(connection->socket));
    const auto [error] = co_await connection->web_socket->async_accept(request, as_values);
    if (error) co_return;
    asio::co_spawn(context, write_all(connection), asio::detached);
    for (;;) {
        beast::flat_buffer message;
        const auto [read_error, size] = co_await connection->web_socket->async_read(message, as_values);
        if (read_error) co_return;
        auto outgoing = respond(beast::buffers_to_string(message.cdata()), *connection);
        if (outgoing) {
            connection->push(std::move(*outgoing));
        } else if (!is_silent()) {
            co_return;
        }
    }
}

asio::awaitable<void> RpcNode::Impl::write_all(ConnectionPointer connection) {
    while (!connection->closed) {
        if (connection->queue.empty()) {
            connection->changed.expires_at(asio::steady_timer::time_point::max());
            co_await connection->changed.async_wait(as_values);
            continue;
        }
        const auto message = std::move(connection->queue.front());
        connection->queue.pop_front();
        connection->web_socket->binary(message.binary);
        const auto [error, size] =
            co_await connection->web_socket->async_write(asio::buffer(message.text), as_values);
        if (error) co_return;
    }
}

std::optional<Outgoing> RpcNode::Impl::respond(const std::string& text, Connection& connection) {
    const std::lock_guard lock(mutex);
    switch (manner) {
        case Manner::silent:
        case Manner::closing:
            return std::nullopt;
        case Manner::garbage:
            return Outgoing{"!! this is not JSON <html>"};
        case Manner::nonsense:
            return Outgoing{R"([{"hello":"world"},17])"};
        case Manner::huge:
            return Outgoing{"\"" + std::string(std::size_t{40} << 20, 'x') + "\""};
        case Manner::bad_gateway:
            return Outgoing{std::string(64, '\0'), 502, true};
        case Manner::normal:
        case Manner::no_web_socket:
            break;
        case Manner::no_http:
            if (!connection.web_socket) return std::nullopt;
            break;
    }
    return Outgoing{answer_all(codec::read_json(text), connection)};
}

std::string RpcNode::Impl::answer_all(const codec::Value& request, Connection& connection) {
    const auto* list = request.list_or_null();
    if (!list) return answer_one(request, connection);
    std::string all;
    for (const auto& one : *list) {
        all += (all.empty() ? "" : ",") + answer_one(one, connection);
    }
    return "[" + all + "]";
}

std::string RpcNode::Impl::answer_one(const codec::Value& request, Connection& connection) {
    const auto method = codec::string_or(request, "method");
    const auto* params = codec::member(request, "params");
    asked.push_back(method);
    std::optional<Reply> reply;
    if (answer) reply = answer(method, params ? *params : codec::Value());
    if (!reply) reply = built_in(method, params ? *params : codec::Value(), connection);
    const auto* id = codec::member(request, "id");
    return R"({"jsonrpc":"2.0","id":)" + codec::write_json(id ? *id : codec::Value()) +
           (reply->is_error ? R"(,"error":)" : R"(,"result":)") + reply->json + "}";
}

RpcNode::Reply RpcNode::Impl::built_in(const std::string& method, const codec::Value& params,
                                       Connection& connection) {
    if (method == "eth_chainId") return {RpcChain::quantity(chain_id)};
    if (method == "eth_blockNumber") return {RpcChain::quantity(chain.tip().number)};
    if (method == "eth_getBlockByNumber" || method == "eth_getBlockByHash") {
        const auto* which = codec::at(params, {"0"});
        return {chain.block_json(which ? codec::write_json(*which) : "")};
    }
    if (method == "eth_getLogs") {
        const auto bound = [&params](const char* name) {
            const auto* text = codec::at(params, {"0", name});
            const auto* quantity = text ? text->get_if<std::string>() : nullptr;
            return static_cast<std::uint64_t>(parse_quantity(quantity ? *quantity : "").value_or(0));
        };
        return {chain.logs_json(bound("fromBlock"), bound("toBlock"))};
    }
    if (method == "eth_subscribe" && connection.web_socket) {
        connection.subscribed = true;
        ++subscriptions;
        return {"\"0x1\""};
    }
    if (method == "eth_sendRawTransaction") return {"null"};
    return {R"({"code":-32601,"message":"the method )" + method + R"( does not exist"})", true};
}

}  // namespace baton::test
