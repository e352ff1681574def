#include "baton/net/http_client.hpp"

#include "baton/async/group.hpp"
#include "baton/base/error.hpp"
#include "baton/net/test_sockets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

namespace baton::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::RawSocket;
using testing::ScriptedServer;
using ::testing::StartsWith;
using Kind = ClientError::Kind;

std::string answer(const std::string& body, const std::string& head = "HTTP/1.1 200 OK\r\n") {
    return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string redirect_to(const std::string& status, const std::string& location) {
    return "HTTP/1.1 " + status + " Moved\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
}

/// Answers every request of every connection with what `reply` makes of it; keeps the requests.
class Replying {
  public:
    explicit Replying(std::function<std::string(const std::string& request)> reply)
        : reply_(std::move(reply)), server_([this](RawSocket& socket, int) { serve(socket); }) {}
    std::string url(std::string_view path = "/") const { return server_.url(path); }
    std::uint16_t port() const { return server_.port(); }
    int accepted() const { return server_.accepted(); }
    std::vector<std::string> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

  private:
    void serve(RawSocket& socket) {
        for (;;) {
            const std::string request = socket.read_message();
            if (request.empty()) return;
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(request);
            }
            if (!socket.send(reply_(request))) return;
        }
    }
    std::mutex mutex_;
    std::vector<std::string> requests_;
    std::function<std::string(const std::string&)> reply_;
    ScriptedServer server_;
};

class HttpClientTest : public ::testing::Test {
  protected:
    static ClientRequest get(std::string url) {
        ClientRequest request;
        request.url = std::move(url);
        request.deadline = async::Deadline::after(seconds(10));
        return request;
    }
    static ClientRequest post(std::string url, std::string body) {
        ClientRequest request = get(std::move(url));
        request.method = "POST";
        request.body = std::move(body);
        request.headers.set("Content-Type", "application/json");
        return request;
    }
    ClientResult send(ClientRequest request) { return loop.run_until_done(client->send(std::move(request))); }
    ClientResponse good(ClientRequest request) {
        auto result = send(std::move(request));
        if (const auto* error = std::get_if<ClientError>(&result)) {
            ADD_FAILURE() << "no answer: " << error->text;
            return {};
        }
        return std::get<ClientResponse>(result);
    }
    ClientError bad(ClientRequest request) {
        auto result = send(std::move(request));
        if (std::holds_alternative<ClientResponse>(result)) {
            ADD_FAILURE() << "an answer where an error was expected";
            return {};
        }
        return std::get<ClientError>(result);
    }
    void use(HttpClientOptions options) {
        client = std::make_unique<HttpClient>(loop.executor(), std::move(options));
    }

    async::Loop loop;
    std::unique_ptr<HttpClient> client = std::make_unique<HttpClient>(loop.executor());
};

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

TEST_F(HttpClientTest, TakesExactlyTheLimitAndNoByteMore) {
    Replying server([](const std::string&) { return answer(std::string(1000, 'x')); });
    auto request = get(server.url());
    request.max_response_bytes = 1000;
    EXPECT_EQ(good(request).body.size(), 1000u);
    request.max_response_bytes = 999;
    const auto error = bad(request);
    EXPECT_EQ(error.kind, Kind::too_large);
    EXPECT_EQ(error.text, "http: request body too large");
}

TEST_F(HttpClientTest, EndlessBodiesEndAtTheLimit) {
    ScriptedServer server([](RawSocket& socket, int) {
        socket.read_message();
        socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (socket.send("1000\r\n" + std::string(4096, 'x') + "\r\n")) {
        }
    });
    EXPECT_EQ(bad(get(server.url())).kind, Kind::too_large);
}

TEST_F(HttpClientTest, EndlessHeadersEndAtALimit) {
    ScriptedServer server([](RawSocket& socket, int) {
        socket.read_message();
        socket.send("HTTP/1.1 200 OK\r\n");
        while (socket.send("X: " + std::string(4096, 'x') + "\r\n")) {
        }
    });
    EXPECT_THAT(bad(get(server.url())).text, StartsWith("net/http: server response headers exceeded"));
}

TEST_F(HttpClientTest, GivesUpAtTheDeadline) {
    ScriptedServer server([](RawSocket& socket, int) { socket.read_to_end(); });
    auto request = get(server.url());
    request.deadline = async::Deadline::after(milliseconds(30));
    const auto error = bad(request);
    EXPECT_EQ(error.kind, Kind::timeout);
    EXPECT_EQ(error.text, "context deadline exceeded");
    EXPECT_EQ(client->active(), 0u);
    request.deadline = async::Deadline::after(milliseconds(-1));
    EXPECT_EQ(bad(request).kind, Kind::timeout);
}

TEST_F(HttpClientTest, ExplainsTransportFailuresAsGoDoes) {
    std::uint16_t unused = 0;
    {
        unused = ScriptedServer([](RawSocket&, int) {}).port();
    }
    const auto refused = bad(get("http://127.0.0.1:" + std::to_string(unused) + "/"));
    EXPECT_EQ(refused.kind, Kind::transport);
    EXPECT_EQ(refused.text, "dial tcp 127.0.0.1:" + std::to_string(unused) + ": connect: connection refused");

    EXPECT_EQ(bad(get("http://no-such-host.invalid/")).text,
              "dial tcp: lookup no-such-host.invalid: no such host");

    ScriptedServer silent([](RawSocket& socket, int) { socket.read_message(); });
    EXPECT_EQ(bad(get(silent.url())).text, "EOF");

    ScriptedServer cut([](RawSocket& socket, int) {
        socket.read_message();
        socket.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    });
    EXPECT_EQ(bad(get(cut.url())).text, "unexpected EOF");

    ScriptedServer garbage([](RawSocket& socket, int) {
        socket.read_message();
        socket.send("SSH-2.0-OpenSSH_9.2\r\n");
    });
    EXPECT_THAT(bad(get(garbage.url())).text, HasSubstr("malformed HTTP response"));

    ScriptedServer reset([](RawSocket& socket, int) {
        const linger hard{1, 0};
        setsockopt(socket.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        socket.read_message();
    });
    EXPECT_THAT(bad(get(reset.url())).text,
                MatchesRegex("read tcp 127.0.0.1:[0-9]+->127.0.0.1:[0-9]+: read: connection reset by peer"));

    ScriptedServer no_tls([](RawSocket& socket, int) {
        socket.send("220 mail.example ESMTP\r\n");
        socket.read_to_end();
    });
    EXPECT_THAT(bad(get("https" + no_tls.url().substr(4))).text, StartsWith("tls: "));
}

TEST_F(HttpClientTest, RefusesUnusableRequestsBeforeSendingThem) {
    Replying server([](const std::string&) { return answer(""); });
    const auto text = [&](const std::function<void(ClientRequest&)>& change) {
        auto request = get(server.url());
        change(request);
        const auto error = bad(request);
        EXPECT_EQ(error.kind, Kind::bad_request);
        return error.text;
    };
    EXPECT_EQ(text([](auto& r) { r.method = "GET /x HTTP/1.1\r\n"; }),
              "net/http: invalid method \"GET /x HTTP/1.1\r\n\"");
    EXPECT_EQ(text([](auto& r) { r.headers.add("X-A", "1\r\nX-B: 2"); }),
              "net/http: invalid header field value for \"X-A\"");
    EXPECT_EQ(text([](auto& r) { r.headers.add("X A", "1"); }),
              "net/http: invalid header field name \"X A\"");
    EXPECT_EQ(text([](auto& r) { r.url = "file:///etc/passwd"; }), "http: no Host in request URL");
    EXPECT_EQ(text([](auto& r) { r.url = "gopher://127.0.0.1/"; }), "unsupported protocol scheme \"gopher\"");
    EXPECT_EQ(server.accepted(), 0);
}

TEST_F(HttpClientTest, FollowsRedirectsWithGosRules) {
    Replying server([](const std::string& request) {
        if (request.find(" /302 ") != std::string::npos) return redirect_to("302", "/end");
        if (request.find(" /307 ") != std::string::npos) return redirect_to("307", "end");
        return answer("arrived");
    });
    EXPECT_EQ(good(post(server.url("/302"), "body")).body, "arrived");
    EXPECT_THAT(server.requests().at(1), StartsWith("GET /end "));
    EXPECT_THAT(server.requests().at(1), Not(HasSubstr("Content-Length")));
    EXPECT_THAT(server.requests().at(1), HasSubstr("Referer: " + server.url("/302") + "\r\n"));
    EXPECT_EQ(good(post(server.url("/307"), "body")).body, "arrived");
    EXPECT_THAT(server.requests().at(3), StartsWith("POST /end "));
    EXPECT_THAT(server.requests().at(3), ::testing::EndsWith("body"));
    auto plain = get(server.url("/302"));
    plain.follow_redirects = false;
    EXPECT_EQ(good(plain).status, 302u);
}

TEST_F(HttpClientTest, FollowsTenRedirectsAndNoMore) {
    Replying server([](const std::string& request) {
        const int number = std::stoi(request.substr(request.find('/') + 1));
        return number == 0 ? answer("end") : redirect_to("301", "/" + std::to_string(number - 1));
    });
    EXPECT_EQ(good(get(server.url("/10"))).body, "end");
    const auto error = bad(get(server.url("/11")));
    EXPECT_EQ(error.kind, Kind::transport);
    EXPECT_EQ(error.text, "stopped after 10 redirects");
}

TEST_F(HttpClientTest, RedirectsToUnusablePlacesAreErrors) {
    Replying server([](const std::string& request) {
        if (request.find(" /file ") != std::string::npos) return redirect_to("302", "file:///etc/passwd");
        if (request.find(" /none ") != std::string::npos) return answer("text", "HTTP/1.1 302 Found\r\n");
        return redirect_to("302", "http://[broken/");
    });
    EXPECT_EQ(bad(get(server.url("/file"))).kind, Kind::bad_request);
    EXPECT_EQ(bad(get(server.url("/broken"))).text, "failed to parse Location header \"http://[broken/\"");
    EXPECT_EQ(good(get(server.url("/none"))).body, "text");
}

TEST_F(HttpClientTest, SecretsDoNotFollowToAnotherHost) {
    Replying target([](const std::string&) { return answer("there"); });
    Replying server([&](const std::string& request) {
        const bool same = request.find(" /same ") != std::string::npos;
        const bool end = request.find(" /end ") != std::string::npos;
        if (end) return answer("here");
        return redirect_to("302", same ? "/end" : "http://localhost:" + std::to_string(target.port()) + "/");
    });
    for (const char* path : {"/same", "/other"}) {
        auto request = get(server.url(path));
        request.headers.set("Authorization", "Bearer secret");
        request.headers.set("X-Plain", "1");
        good(request);
    }
    EXPECT_THAT(server.requests().at(1), HasSubstr("Bearer secret"));
    EXPECT_THAT(target.requests().at(0), Not(HasSubstr("secret")));
    EXPECT_THAT(target.requests().at(0), HasSubstr("X-Plain: 1"));
}

TEST_F(HttpClientTest, BodiesOfRedirectsDoNotCountAgainstTheLimit) {
    Replying server([](const std::string& request) {
        if (request.find(" /end ") != std::string::npos) return answer("end");
        return answer(std::string(100000, 'x'), "HTTP/1.1 302 Found\r\nLocation: /end\r\n");
    });
    auto request = get(server.url());
    request.max_response_bytes = 3;
    EXPECT_EQ(good(request).body, "end");
}

TEST_F(HttpClientTest, RestrictedRequestsDoNotReachPrivateAddresses) {
    Replying server([](const std::string&) { return answer("internal"); });
    auto request = get(server.url());
    request.restricted = true;
    const auto error = bad(request);
    EXPECT_EQ(error.kind, Kind::refused_address);
    EXPECT_EQ(error.text,
              "disallowed IP 127.0.0.1. Connections to local/private and multicast networks are disabled by "
              "default "
              "for security reasons: disallowed IP");
    EXPECT_EQ(server.accepted(), 0);
    request.url = "http://localhost:" + std::to_string(server.port()) + "/";
    EXPECT_EQ(bad(request).kind, Kind::refused_address);
    EXPECT_EQ(server.accepted(), 0);
}

TEST_F(HttpClientTest, RestrictedRequestsDoNotReuseOthersConnectionsToPrivateAddresses) {
    Replying server([](const std::string&) { return answer("internal"); });
    good(get(server.url()));
    auto request = get(server.url());
    request.restricted = true;
    EXPECT_EQ(bad(request).kind, Kind::refused_address);
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpClientTest, RestrictedRequestsDoNotReachRefusedAddresses) {
    auto request = get("http://203.0.113.7:5432/");
    request.restricted = true;
    request.refused_addresses = {"203.0.113.7"};
    EXPECT_THAT(bad(request).text, StartsWith("disallowed IP 203.0.113.7."));
}

TEST_F(HttpClientTest, UsesTheProxyForOthersThanItself) {
    Replying proxy([](const std::string&) { return answer("by proxy"); });
    HttpClientOptions options;
    options.proxy.http = "http://127.0.0.1:" + std::to_string(proxy.port());
    options.proxy.no_proxy = "direct.invalid";
    use(options);
    EXPECT_EQ(good(get("http://adapter.invalid/x")).body, "by proxy");
    EXPECT_THAT(proxy.requests().at(0), StartsWith("GET http://adapter.invalid/x HTTP/1.1\r\n"));
    EXPECT_THAT(bad(get("http://direct.invalid/")).text, HasSubstr("no such host"));
    Replying own([](const std::string&) { return answer("direct"); });
    EXPECT_EQ(good(get(own.url())).body, "direct");
}

TEST_F(HttpClientTest, TheEnvironmentIsNotRead) {
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    Replying own([](const std::string&) { return answer("direct"); });
    EXPECT_EQ(good(get("http://localhost:" + std::to_string(own.port()) + "/")).body, "direct");
    unsetenv("http_proxy");
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
