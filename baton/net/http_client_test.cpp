#include "baton/async/group.hpp"
#include "baton/base/error.hpp"
#include "baton/net/http_client_testing.hpp"

#include <atomic>
#include <future>

namespace baton::net {
namespace {

class HttpClientTest : public HttpClientFixture {};

TEST_F(HttpClientTest, SendsWhatGoSendsAndNothingElse) {
    Replying server([](const std::string&) { return answer("hello", "HTTP/1.1 201 Created\r\nX-A: 1\r\n"); });
    const auto response = good(get(server.url("/p?q=1#fragment")));
    EXPECT_EQ(response.status, 201u);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.headers.get("x-a"), "1");
    const std::string host = "127.0.0.1:" + std::to_string(server.port());
    EXPECT_EQ(server.requests().at(0),
              "GET /p?q=1 HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: Go-http-client/1.1\r\n\r\n");
}

TEST_F(HttpClientTest, SendsBodiesWithTheirLengthAndHeaders) {
    Replying server([](const std::string&) { return answer(""); });
    auto request = post(server.url(), R"({"a":1})");
    request.headers.set("User-Agent", "other");
    request.headers.add("X-Empty", "");
    request.headers.add("Host", "evil");
    request.headers.add("Content-Length", "99");
    good(request);
    const auto sent = server.requests().at(0);
    EXPECT_THAT(sent, StartsWith("POST / HTTP/1.1\r\nHost: 127.0.0.1:"));
    EXPECT_THAT(sent, HasSubstr("User-Agent: other\r\n"));
    EXPECT_THAT(sent, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(sent, HasSubstr("X-Empty:\r\n"));
    EXPECT_THAT(sent, HasSubstr("Content-Length: 7\r\n"));
    EXPECT_THAT(sent, Not(HasSubstr(": 99")));
    EXPECT_THAT(sent, Not(HasSubstr("evil")));
    EXPECT_THAT(sent, ::testing::EndsWith("\r\n\r\n{\"a\":1}"));
}

TEST_F(HttpClientTest, BodylessPostSaysLengthZero) {
    Replying server([](const std::string&) { return answer(""); });
    good(post(server.url(), ""));
    EXPECT_THAT(server.requests().at(0), HasSubstr("Content-Length: 0\r\n"));
    auto with_body = get(server.url());
    with_body.body = "{}";
    good(with_body);
    EXPECT_THAT(server.requests().at(1), StartsWith("GET / "));
    EXPECT_THAT(server.requests().at(1), HasSubstr("Content-Length: 2\r\n"));
}

TEST_F(HttpClientTest, StatusIsTheCallersMatter) {
    Replying server([](const std::string&) { return answer("no", "HTTP/1.1 500 Oops\r\n"); });
    const auto response = good(get(server.url()));
    EXPECT_EQ(response.status, 500u);
    EXPECT_EQ(response.body, "no");
}

TEST_F(HttpClientTest, BodiesAreGivenAsReceived) {
    Replying server([](const std::string&) {
        return answer(std::string("\x1f\x8b\x00zip", 6), "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n");
    });
    EXPECT_EQ(good(get(server.url())).body, std::string("\x1f\x8b\x00zip", 6));
}

TEST_F(HttpClientTest, InterimAnswersAreSkipped) {
    Replying server(
        [](const std::string&) { return "HTTP/1.1 100 Continue\r\nX-No: 1\r\n\r\n" + answer("done"); });
    const auto response = good(post(server.url(), "body"));
    EXPECT_EQ(response.body, "done");
    EXPECT_FALSE(response.headers.contains("X-No"));
}

TEST_F(HttpClientTest, ChunkedBodiesAreJoinedAndTrailersDropped) {
    Replying server([](const std::string&) {
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Late: "
               "1\r\n\r\n";
    });
    const auto response = good(get(server.url()));
    EXPECT_EQ(response.body, "abcde");
    EXPECT_FALSE(response.headers.contains("X-Late"));
}

TEST_F(HttpClientTest, ReusesConnections) {
    Replying server([](const std::string&) { return answer("x"); });
    for (int i = 0; i < 5; ++i) {
        good(get(server.url()));
    }
    EXPECT_EQ(server.accepted(), 1);
}

/// Answers the first request of its first connection, and closes that one when it has read a second.
class ClosingAtTheSecond {
  public:
    std::string url() const { return server_.url("/"); }
    /// Requests that were read, over all connections.
    int seen() const { return seen_; }

  private:
    void serve(RawSocket& socket, int connection) {
        for (int requests = 1; !socket.read_message().empty(); ++requests) {
            ++seen_;
            if (connection == 0 && requests == 2) return;
            socket.send(answer("x"));
        }
    }
    std::atomic<int> seen_{0};
    ScriptedServer server_{[this](RawSocket& socket, int connection) { serve(socket, connection); }};
};

TEST_F(HttpClientTest, ARequestThatMayHaveBeenDoneIsNotRepeated) {
    for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
        for (const std::string body : {"", "body"}) {
            use({});
            ClosingAtTheSecond server;
            good(get(server.url()));
            auto request = post(server.url(), body);
            request.method = method;
            const auto error = bad(request);
            EXPECT_EQ(error.kind, Kind::transport);
            EXPECT_EQ(error.text, "EOF");
            EXPECT_EQ(server.seen(), 2) << method << " " << body;
            EXPECT_EQ(good(request).body, "x") << "the caller's repetition goes to a new connection";
        }
    }
}

TEST_F(HttpClientTest, WhatHasNoSecondEffectIsRepeatedWhenAKeptConnectionIsDead) {
    const auto repeated = [&](const std::function<void(ClientRequest&)>& change) {
        use({});
        ClosingAtTheSecond server;
        good(get(server.url()));
        auto request = post(server.url(), "body");
        change(request);
        EXPECT_EQ(good(request).status, 200u);
        return server.seen();
    };
    EXPECT_EQ(repeated([](ClientRequest& request) { request.method = "GET"; }), 3);
    EXPECT_EQ(repeated([](ClientRequest& request) { request.repeatable = true; }), 3);
    EXPECT_EQ(repeated([](ClientRequest& request) { request.headers.set("Idempotency-Key", "k"); }), 3);
    EXPECT_EQ(repeated([](ClientRequest& request) { request.fresh_connection = true; }), 2);
}

TEST_F(HttpClientTest, AConnectionThatWasClosedWhileItWasIdleCostsNothing) {
    std::promise<void> closed;
    std::atomic<int> seen{0};
    ScriptedServer server([&](RawSocket& socket, int connection) {
        if (socket.read_message().empty()) return;
        ++seen;
        socket.send(answer("x"));
        if (connection > 0) return;
        socket.close();
        closed.set_value();
    });
    good(get(server.url("/")));
    closed.get_future().wait();
    EXPECT_EQ(good(post(server.url("/"), "body")).body, "x");
    EXPECT_EQ(seen, 2);
}

TEST_F(HttpClientTest, CancellationRemovesTheTransfer) {
    ScriptedServer server([](RawSocket& socket, int) { socket.read_to_end(); });
    async::TaskGroup group(loop.executor());
    bool cancelled = false;
    const auto wait = [](HttpClient* sender, ClientRequest request, bool* out) -> async::Task<void> {
        try {
            co_await sender->send(std::move(request));
        } catch (const Cancelled&) {
            *out = true;
        }
    };
    group.spawn("request", wait(client.get(), get(server.url()), &cancelled));
    while (server.accepted() == 0) {
        loop.poll();
    }
    EXPECT_EQ(client->active(), 1u);
    loop.run_until_done(group.stop());
    EXPECT_TRUE(cancelled);
    EXPECT_EQ(client->active(), 0u);
}

TEST_F(HttpClientTest, DestructionEndsRequestsUnderWay) {
    ScriptedServer server([](RawSocket& socket, int) { socket.read_to_end(); });
    async::TaskGroup group(loop.executor());
    bool cancelled = false;
    const auto wait = [](HttpClient* sender, ClientRequest request, bool* out) -> async::Task<void> {
        try {
            co_await sender->send(std::move(request));
        } catch (const Cancelled&) {
            *out = true;
        }
    };
    group.spawn("request", wait(client.get(), get(server.url()), &cancelled));
    while (server.accepted() == 0) {
        loop.poll();
    }
    client.reset();
    loop.run_until_done(group.join());
    EXPECT_TRUE(cancelled);
}

TEST_F(HttpClientTest, SendsManyAtATime) {
    Replying server(
        [](const std::string& request) { return answer(request.substr(4, request.find(' ', 4) - 4)); });
    async::TaskGroup group(loop.executor());
    int right = 0;
    const auto one = [](HttpClient* sender, ClientRequest request, std::string expected,
                        int* count) -> async::Task<void> {
        const auto result = co_await sender->send(std::move(request));
        const auto* response = std::get_if<ClientResponse>(&result);
        if (response && response->body == expected) ++*count;
    };
    for (int i = 0; i < 100; ++i) {
        const std::string path = "/" + std::to_string(i);
        group.spawn("request", one(client.get(), get(server.url(path)), path, &right));
    }
    loop.run_until_done(group.join());
    EXPECT_EQ(right, 100);
}

}  // namespace
}  // namespace baton::net
