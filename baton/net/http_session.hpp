#pragma once

// Inside baton/net only: one connection of the HTTP server.

#include "baton/async/deadline.hpp"
#include "baton/async/event.hpp"
#include "baton/net/http_server.hpp"
#include "baton/net/transport.hpp"

#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace baton::net {

class HttpSession;

/// What the sessions of one server share. Outlives them.
struct SessionContext {
    SessionContext(async::Executor executor, ServerOptions given, HttpServer::Handler handles)
        : options(std::move(given)), handler(std::move(handles)), ended(executor) {}

    ServerOptions options;
    HttpServer::Handler handler;
    /// No further requests: answers carry "Connection: close".
    bool draining = false;
    std::set<HttpSession*> sessions;
    std::size_t busy = 0;
    /// Notified whenever a session ends.
    async::Event ended;
};

/// States: handshake -> idle -> reading -> handling -> writing -> idle ... -> lingering -> gone. Each state
/// but handling has a deadline, which the server's sweep enforces: one timer for all connections instead of a
/// timer per read.
class HttpSession {
  public:
    struct Peer {
        std::string address;
        std::uint16_t port = 0;
    };

    HttpSession(SessionContext& context, std::unique_ptr<Transport> transport, Peer peer);
    ~HttpSession();
    HttpSession(const HttpSession&) = delete;
    HttpSession& operator=(const HttpSession&) = delete;

    /// Serves requests until the connection ends. Throws only when it is cancelled.
    async::Task<void> run();
    /// Called by the sweep: ends what took too long.
    void enforce_deadline(BootClock::time_point now);
    /// Ends the connection if it waits for a request.
    void close_if_idle();
    bool is_busy() const { return state_ == State::handling || state_ == State::writing; }

  private:
    enum class State { handshake, idle, reading, handling, writing, lingering };
    /// The connection is over, without an answer.
    struct Gone {};
    struct Received {
        Request request;
        bool keep_alive = false;
    };
    struct Refused {
        RequestFault fault;
        Request head;
    };
    using Incoming = std::variant<Gone, Received, Refused>;
    class Reader;

    async::Task<Incoming> receive();
    async::Task<Response> handle(Request request);
    async::Task<bool> answer(const Response& response, bool is_head, bool keep_alive, bool http_1_0);
    async::Task<void> refuse(const Refused& refused);
    async::Task<void> linger();
    /// False at the end of the stream or when the deadline passed.
    async::Task<bool> fill();
    void enter(State state);

    SessionContext& context_;
    std::unique_ptr<Transport> transport_;
    Peer peer_;
    State state_ = State::handshake;
    async::Deadline deadline_;
    bool timed_out_ = false;
    /// Received and not yet parsed: input_[begin_, end_).
    std::vector<char> input_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool last_was_1_0_ = false;
};

}  // namespace baton::net
