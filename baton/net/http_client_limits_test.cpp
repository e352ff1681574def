#include "baton/net/http_client_testing.hpp"

namespace baton::net {
namespace {

class HttpClientLimits : public HttpClientFixture {};

TEST_F(HttpClientLimits, TakesExactlyTheLimitAndNoByteMore) {
    Replying server([](const std::string&) { return answer(std::string(1000, 'x')); });
    auto request = get(server.url());
    request.max_response_bytes = 1000;
    EXPECT_EQ(good(request).body.size(), 1000u);
    request.max_response_bytes = 999;
    const auto error = bad(request);
    EXPECT_EQ(error.kind, Kind::too_large);
    EXPECT_EQ(error.text, "http: request body too large");
}

TEST_F(HttpClientLimits, EndlessBodiesEndAtTheLimit) {
    ScriptedServer server([](RawSocket& socket, int) {
        socket.read_message();
        socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (socket.send("1000\r\n" + std::string(4096, 'x') + "\r\n")) {
        }
    });
    EXPECT_EQ(bad(get(server.url())).kind, Kind::too_large);
}

TEST_F(HttpClientLimits, EndlessHeadersEndAtALimit) {
    ScriptedServer server([](RawSocket& socket, int) {
        socket.read_message();
        socket.send("HTTP/1.1 200 OK\r\n");
        while (socket.send("X: " + std::string(4096, 'x') + "\r\n")) {
        }
    });
    EXPECT_THAT(bad(get(server.url())).text, StartsWith("net/http: server response headers exceeded"));
}

TEST_F(HttpClientLimits, GivesUpAtTheDeadline) {
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

TEST_F(HttpClientLimits, ExplainsTransportFailuresAsGoDoes) {
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

TEST_F(HttpClientLimits, RefusesUnusableRequestsBeforeSendingThem) {
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

}  // namespace
}  // namespace baton::net
