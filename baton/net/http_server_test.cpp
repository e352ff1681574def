#include "baton/net/http_server.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/net/http_client.hpp"
#include "baton/net/port_holder.hpp"
#include "baton/net/test_sockets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::net {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::on_loop;
using testing::play;
using testing::RawSocket;
using ::testing::StartsWith;
using testing::TestCertificate;

Response text_response(unsigned status, std::string body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

/// "<method> <path> <query> <body>", so that a test sees what the handler got.
async::Task<Response> describe(Request request) {
    co_return text_response(200,
                            request.method + " " + request.path + " " + request.query + " " + request.body);
}

Response answer_fault(RequestFault fault, const Request& head) {
    switch (fault) {
        case RequestFault::malformed:
            return text_response(400, "malformed");
        case RequestFault::header_too_large:
            return text_response(431, "header too large");
        case RequestFault::body_too_large:
            return text_response(413, "body too large for " + head.path);
        case RequestFault::too_slow:
            return text_response(408, "too slow");
        case RequestFault::handler_failed:
            return text_response(500, "failed: " + head.path);
    }
    return {};
}

class HttpServerTest : public ::testing::Test {
  protected:
    HttpServerTest() {
        options.address = "127.0.0.1";
        options.on_fault = answer_fault;
    }
    ~HttpServerTest() override {
        if (server) loop.run_until_done(server->close_all());
    }
    void start(HttpServer::Handler handler = describe) {
        server = std::make_unique<HttpServer>(loop.executor(), options, std::move(handler));
        server->listen();
    }
    RawSocket connect() { return RawSocket::connect_to(server->port()); }
    /// Sends the text on a new connection and gives everything that comes back until the server closes.
    std::string exchange(const std::string& text) {
        std::string answer;
        play(loop, [&] {
            auto client = connect();
            client.send(text);
            answer = client.read_to_end();
        });
        return answer;
    }

    async::Loop loop;
    ServerOptions options;
    std::unique_ptr<HttpServer> server;
};

TEST_F(HttpServerTest, AnswersSeveralRequestsOfOneConnection) {
    start();
    play(loop, [&] {
        auto client = connect();
        client.send("GET /a?x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
        const auto first = client.read_message();
        EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
        EXPECT_THAT(first, HasSubstr("\r\nDate: "));
        EXPECT_THAT(first, Not(HasSubstr("Connection:")));
        EXPECT_THAT(first, EndsWith("\r\n\r\nGET /a x=1 "));
        client.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
        EXPECT_THAT(client.read_message(), EndsWith("\r\n\r\nPOST /b  body"));
    });
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
    start();
    const auto answer = exchange(
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const auto first = answer.find("GET /1");
    const auto second = answer.find("POST /2  abcde");
    const auto third = answer.find("GET /3");
    ASSERT_NE(third, std::string::npos) << answer;
    EXPECT_LT(first, second);
    EXPECT_LT(second, third);
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
}

TEST_F(HttpServerTest, TakesRequestsByteByByte) {
    start();
    play(loop, [&] {
        auto client = connect();
        for (const char c : std::string("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok")) {
            client.send({&c, 1});
        }
        EXPECT_THAT(client.read_message(), EndsWith("POST /slow  ok"));
    });
}

TEST_F(HttpServerTest, SendsNoBodyWhereThereMayBeNone) {
    start([](Request request) -> async::Task<Response> {
        co_return text_response(request.path == "/204" ? 204 : 200, "text");
    });
    const auto head = exchange("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("Content-Length: 4\r\n"));
    EXPECT_THAT(head, EndsWith("\r\n\r\n"));
    const auto none = exchange("GET /204 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(none, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(none, EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, ClosesAfterHttp10UnlessAskedNotTo) {
    start();
    EXPECT_THAT(exchange("GET / HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n"));
    play(loop, [&] {
        auto client = connect();
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_THAT(client.read_message(), HasSubstr("Connection: keep-alive\r\n"));
        client.send("GET / HTTP/1.0\r\n\r\n");
        EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 200 OK"));
    });
}

TEST_F(HttpServerTest, TakesAbsoluteTargets) {
    start();
    EXPECT_THAT(exchange("GET http://h:1/p?q HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                EndsWith("GET /p q "));
}

TEST_F(HttpServerTest, TellsThePeersAddress) {
    start([](Request request) -> async::Task<Response> {
        co_return text_response(200, request.remote_address);
    });
    EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                EndsWith("\r\n\r\n127.0.0.1"));
}

TEST_F(HttpServerTest, ListensOnAllInterfacesOfBothFamilies) {
    options.address = "";
    start([](Request request) -> async::Task<Response> {
        co_return text_response(200, request.remote_address);
    });
    // The IPv4 peer of an IPv6 socket is still told as IPv4: rate limits count by this text.
    EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                EndsWith("\r\n\r\n127.0.0.1"));
}

TEST_F(HttpServerTest, GivesHeadersAsSent) {
    start([](Request request) -> async::Task<Response> {
        co_return text_response(200, std::string(request.headers.get("x-ONE")) + "," +
                                         std::to_string(request.headers.all("Dup").size()));
    });
    EXPECT_THAT(
        exchange("GET / HTTP/1.1\r\nHost: h\r\nX-One: v\r\nDup: a\r\ndup: b\r\nConnection: close\r\n\r\n"),
        EndsWith("v,2"));
}

TEST_F(HttpServerTest, LeavesOutHeadersThatWouldSplitTheAnswer) {
    start([](Request) -> async::Task<Response> {
        Response response = text_response(200, "b");
        response.headers.add("Location", "/x\r\nSet-Cookie: stolen=1");
        response.headers.add("Fine", "yes");
        response.headers.add("Content-Length", "99");
        co_return response;
    });
    const auto answer = exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, Not(HasSubstr("stolen")));
    EXPECT_THAT(answer, HasSubstr("Fine: yes\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Length: 1\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr(": 99")));
}

TEST_F(HttpServerTest, RefusesLargeHeaders) {
    options.header_limit = 1024;
    start();
    const std::string just_fits =
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nA: " + std::string(900, 'a') + "\r\n\r\n";
    EXPECT_THAT(exchange(just_fits), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(5000, 'a')),
                EndsWith("header too large"));
    EXPECT_THAT(exchange(std::string(5000, 'G')), Not(StartsWith("HTTP/1.1 200")));
}

TEST_F(HttpServerTest, LimitsBodiesByRequest) {
    options.body_limit = [](const Request& head) -> std::size_t { return head.path == "/large" ? 100 : 10; };
    start();
    const auto post = [this](const std::string& path, std::size_t size) {
        return exchange("POST " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: " +
                        std::to_string(size) + "\r\n\r\n" + std::string(size, 'x'));
    };
    EXPECT_THAT(post("/small", 10), StartsWith("HTTP/1.1 200"));
    const auto refused = post("/small", 11);
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 413"));
    EXPECT_THAT(refused, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(refused, EndsWith("body too large for /small"));
    EXPECT_THAT(post("/large", 100), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(exchange("POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "8\r\nxxxxxxxx\r\n8\r\nxxxxxxxx\r\n0\r\n\r\n"),
                StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, AnswerToAHugeBodyReachesAClientThatGoesOnSending) {
    start();
    play(loop, [&] {
        auto client = connect();
        client.send("POST /huge HTTP/1.1\r\nHost: h\r\nContent-Length: 8388608\r\n\r\n");
        // Without lingering the server's close would reset the connection and the answer would be lost.
        client.send(std::string(8388608, 'x'));
        client.finish_sending();
        EXPECT_THAT(client.read_to_end(), EndsWith("body too large for /huge"));
    });
}

TEST_F(HttpServerTest, SaysContinueBeforeTheBody) {
    start();
    play(loop, [&] {
        auto client = connect();
        client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("ok");
        EXPECT_THAT(client.read_message(), EndsWith("POST /  ok"));
    });
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
    start();
    for (const std::string garbage :
         {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
          "nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
          "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n"}) {
        EXPECT_THAT(exchange(garbage), StartsWith("HTTP/1.1 400")) << garbage;
    }
}

TEST_F(HttpServerTest, TruncatedRequestsNeverReachTheHandler) {
    int handled = 0;
    start([&handled](Request request) -> async::Task<Response> {
        ++handled;
        return describe(std::move(request));
    });
    const std::string whole = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    for (const std::size_t size : {std::size_t{1}, std::size_t{10}, whole.size() - 5, whole.size() - 1}) {
        play(loop, [&] {
            auto client = connect();
            client.send(whole.substr(0, size));
            client.finish_sending();
            EXPECT_EQ(client.read_to_end(), "");
        });
    }
    EXPECT_EQ(handled, 0);
}

TEST_F(HttpServerTest, WithoutHookFaultyRequestsAreClosedSilently) {
    options.on_fault = {};
    start([](Request) -> async::Task<Response> { throw Error("broken"); });
    EXPECT_EQ(exchange("nonsense\r\n\r\n"), "");
    EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "");
}

TEST_F(HttpServerTest, SlowRequestsAreAnsweredAndClosed) {
    options.read_timeout = milliseconds(40);
    start();
    EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHo"), EndsWith("too slow"));
    EXPECT_THAT(exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf"),
                EndsWith("too slow"));
    EXPECT_EQ(exchange(""), "") << "a connection without a request is closed without an answer";
}

TEST_F(HttpServerTest, IdleConnectionsAreClosedSilently) {
    options.idle_timeout = milliseconds(40);
    start();
    const auto answer = exchange("GET /once HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(answer, EndsWith("GET /once  "));
}

TEST_F(HttpServerTest, HandlersMayTakeLongerThanAnyTimeout) {
    options.read_timeout = options.write_timeout = options.idle_timeout = milliseconds(20);
    async::Event go(loop.executor());
    start([&go](Request request) -> async::Task<Response> {
        const bool went = co_await go.wait(async::Deadline::after(milliseconds(100)));
        co_return text_response(200, went ? "early" : "late " + request.path);
    });
    EXPECT_THAT(exchange("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), EndsWith("late /x"));
}

TEST_F(HttpServerTest, PeersThatDoNotReadAreDropped) {
    options.write_timeout = milliseconds(50);
    start([](Request) -> async::Task<Response> { co_return text_response(200, std::string(64 << 20, 'x')); });
    play(loop, [&] {
        auto client = RawSocket::connect_to(server->port(), 4096);
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        for (std::size_t open = 1; open > 0;) {
            on_loop(loop, [&] { open = server->connections(); });
        }
        EXPECT_LT(client.read_to_end().size(), std::size_t{64} << 20);
    });
}

TEST_F(HttpServerTest, FailedHandlersDoNotEndTheConnection) {
    start([](Request request) -> async::Task<Response> {
        if (request.path == "/throw") throw Error("out of order");
        return describe(std::move(request));
    });
    play(loop, [&] {
        auto client = connect();
        client.send("GET /throw HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_THAT(client.read_message(), EndsWith("failed: /throw"));
        client.send("GET /fine HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_THAT(client.read_message(), EndsWith("GET /fine  "));
    });
}

TEST_F(HttpServerTest, AClientThatGoesAwayDoesNotCancelItsRequest) {
    async::Event started(loop.executor());
    async::Event go(loop.executor());
    bool finished = false;
    start([&](Request) -> async::Task<Response> {
        started.notify();
        co_await go.wait();
        finished = true;
        co_return text_response(200, "");
    });
    play(loop, [&] {
        auto client = connect();
        client.send("POST /run HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
        std::size_t busy = 0;
        while (busy == 0) {
            on_loop(loop, [&] { busy = server->busy_connections(); });
        }
    });
    loop.run_until_done([](async::Event* event) -> async::Task<void> { co_await event->wait(); }(&started));
    go.notify();
    EXPECT_TRUE(loop.run_until_done(server->drain(async::Deadline::after(std::chrono::seconds(5)))));
    EXPECT_TRUE(finished);
}

TEST_F(HttpServerTest, DrainClosesIdleConnectionsAndAnswersBusyOnes) {
    async::Event go(loop.executor());
    std::atomic<bool> waiting = false;
    start([&](Request request) -> async::Task<Response> {
        if (request.path == "/wait") {
            waiting = true;
            co_await go.wait();
        }
        co_return text_response(200, "done " + request.path);
    });
    async::TaskGroup group(loop.executor());
    play(loop, [&] {
        auto idle = connect();
        idle.send("GET /idle HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_THAT(idle.read_message(), EndsWith("done /idle"));
        auto busy = connect();
        busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
        while (!waiting)
            std::this_thread::yield();
        on_loop(loop, [&] {
            group.spawn("drain", [](HttpServer* drained) -> async::Task<void> {
                const bool all = co_await drained->drain(async::Deadline::never());
                EXPECT_TRUE(all);
            }(server.get()));
        });
        EXPECT_EQ(idle.read_to_end(), "");
        EXPECT_THROW(connect(), std::runtime_error);
        on_loop(loop, [&] { go.notify(); });
        const auto answer = busy.read_to_end();
        EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
        EXPECT_THAT(answer, EndsWith("done /wait"));
    });
    loop.run_until_done(group.join());
    EXPECT_EQ(server->connections(), 0u);
}

TEST_F(HttpServerTest, CloseAllCancelsWhatDrainLeft) {
    async::Event never(loop.executor());
    bool cancelled = false;
    start([&](Request) -> async::Task<Response> {
        try {
            co_await never.wait();
        } catch (const Cancelled&) {
            cancelled = true;
            throw;
        }
        co_return Response{};
    });
    play(loop, [&] {
        auto client = connect();
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        for (std::size_t count = 0; count == 0;) {
            on_loop(loop, [&] { count = server->busy_connections(); });
        }
    });
    EXPECT_FALSE(loop.run_until_done(server->drain(async::Deadline::after(milliseconds(5)))));
    EXPECT_EQ(server->busy_connections(), 1u);
    loop.run_until_done(server->close_all());
    EXPECT_TRUE(cancelled);
    EXPECT_EQ(server->connections(), 0u);
}

TEST_F(HttpServerTest, AcceptsNoMoreThanTheLimitUntilOneEnds) {
    options.max_connections = 1;
    start();
    play(loop, [&] {
        auto first = connect();
        first.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_THAT(first.read_message(), EndsWith("GET /1  "));
        auto second = connect();
        second.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
        std::size_t open = 0;
        on_loop(loop, [&] { open = server->connections(); });
        EXPECT_EQ(open, 1u);
        first.close();
        EXPECT_THAT(second.read_message(), EndsWith("GET /2  "));
    });
}

TEST_F(HttpServerTest, NamesTheHolderOfAPortInUse) {
    start();
    ServerOptions same = options;
    same.port = server->port();
    HttpServer second(loop.executor(), same, describe);
    try {
        second.listen();
        FAIL() << "two servers on one port";
    } catch (const ListenFailed& failure) {
        EXPECT_TRUE(failure.address_in_use);
        EXPECT_THAT(failure.what(), HasSubstr("port " + std::to_string(server->port())));
        EXPECT_THAT(failure.what(), HasSubstr("held by process " + std::to_string(getpid())));
    }
    EXPECT_FALSE(port_holder(1));
}

TEST_F(HttpServerTest, RefusesUnusableAddressesAndCertificates) {
    options.address = "not an address";
    EXPECT_THROW(HttpServer(loop.executor(), options, describe).listen(), InvalidInput);
    options.address = "127.0.0.1";
    options.tls = TlsFiles{"/nowhere.crt", "/nowhere.key"};
    EXPECT_THROW(HttpServer(loop.executor(), options, describe).listen(), InvalidInput);
}

TEST_F(HttpServerTest, ServesTls) {
    const TestCertificate certificate;
    options.tls = TlsFiles{certificate.certificate_path(), certificate.key_path()};
    options.body_limit = [](const Request&) -> std::size_t { return 1 << 20; };
    start([](Request request) -> async::Task<Response> {
        co_return text_response(200, std::string(request.over_tls ? "secure " : "plain ") + request.body);
    });
    const auto send = [&](bool verify) {
        HttpClientOptions chosen;
        chosen.verify_tls = verify;
        HttpClient client(loop.executor(), chosen);
        ClientRequest request;
        request.method = "POST";
        request.body = std::string(200000, 'x');
        request.url = "https://127.0.0.1:" + std::to_string(server->port()) + "/";
        request.max_response_bytes = 1 << 20;
        request.deadline = async::Deadline::after(std::chrono::seconds(10));
        return loop.run_until_done(client.send(request));
    };
    auto refused = send(true);
    ASSERT_TRUE(std::holds_alternative<ClientError>(refused));
    EXPECT_THAT(std::get<ClientError>(refused).text, StartsWith("x509: "));
    EXPECT_EQ(std::get<ClientResponse>(send(false)).body, "secure " + std::string(200000, 'x'));
}

TEST_F(HttpServerTest, ClosesPeersThatNeverFinishTheTlsHandshake) {
    const TestCertificate certificate;
    options.tls = TlsFiles{certificate.certificate_path(), certificate.key_path()};
    options.read_timeout = milliseconds(40);
    start();
    EXPECT_EQ(exchange("\x16\x03\x01"), "");
    exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(server->connections(), 0u);
}

TEST_F(HttpServerTest, ServesManyConnectionsAtATime) {
    start();
    play(loop, [&] {
        std::vector<RawSocket> clients;
        for (int i = 0; i < 200; ++i) {
            clients.push_back(connect());
            clients.back().send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        for (int i = 199; i >= 0; --i) {
            EXPECT_THAT(clients[static_cast<std::size_t>(i)].read_message(),
                        EndsWith("GET /" + std::to_string(i) + "  "));
        }
    });
}

}  // namespace
}  // namespace baton::net
