#include "baton/net/web_socket_client.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/net/test_sockets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace baton::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::play;
using testing::RawSocket;
using testing::ScriptedServer;
using ::testing::StartsWith;
using testing::TestCertificate;
using Server = websocket::stream<asio::ip::tcp::socket>;

async::Deadline soon() {
    return async::Deadline::after(seconds(10));
}

/// The server's side of one connection, blocking, after the upgrade.
ScriptedServer::Script upgraded(std::function<void(Server&)> script) {
    return [script](RawSocket& raw, int) {
        asio::io_context context;
        // A copy of the descriptor, because the socket of the test server closes its own.
        asio::ip::tcp::socket socket(context, asio::ip::tcp::v4(), dup(raw.fd()));
        Server server(std::move(socket));
        server.read_message_max(0);
        server.accept();
        server.text(true);
        script(server);
    };
}

std::string read_text(Server& server) {
    beast::flat_buffer buffer;
    server.read(buffer);
    return beast::buffers_to_string(buffer.cdata());
}

void echo(Server& server) {
    for (;;) {
        server.write(asio::buffer(read_text(server)));
    }
}

class WebSocketClientTest : public ::testing::Test {
  protected:
    using Pointer = std::unique_ptr<WebSocketClient>;
    static std::string url(const ScriptedServer& server) { return "ws" + server.url().substr(4); }
    Pointer connect(WebSocketOptions options, async::Deadline deadline = soon()) {
        return loop.run_until_done(WebSocketClient::connect(std::move(options), deadline));
    }
    Pointer connect_to(const ScriptedServer& server) { return connect(WebSocketOptions{.url = url(server)}); }
    void send(WebSocketClient& client, std::string text) {
        loop.run_until_done(client.send(std::move(text)));
    }
    std::string receive(WebSocketClient& client) { return loop.run_until_done(client.receive()); }
    std::string failure_of(async::Task<std::string> task) {
        try {
            loop.run_until_done(std::move(task));
        } catch (const WebSocketError& error) {
            return error.what();
        }
        return "no error";
    }
    std::string connect_failure(WebSocketOptions options, async::Deadline deadline = soon()) {
        try {
            connect(std::move(options), deadline);
        } catch (const Error& error) {
            return error.what();
        }
        return "no error";
    }

    async::Loop loop;
};

TEST_F(WebSocketClientTest, ExchangesMessages) {
    ScriptedServer server(upgraded(echo));
    const auto client = connect_to(server);
    for (const std::string& message : {std::string("hello"), std::string(), std::string(3 << 20, 'x')}) {
        send(*client, message);
        EXPECT_EQ(receive(*client), message);
    }
    loop.run_until_done(client->close(soon()));
    EXPECT_EQ(failure_of(client->receive()).substr(0, 10), "WebSocket ");
}

TEST_F(WebSocketClientTest, SendsPathAndCredentials) {
    std::string request;
    ScriptedServer server([&request](RawSocket& socket, int) {
        request = socket.read_until("\r\n\r\n");
        socket.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    });
    WebSocketOptions options{.url = "ws://user:p%40ss@127.0.0.1:" + std::to_string(server.port()) +
                                    "/v3/key?x=1"};
    options.headers.set("X-Extra", "yes");
    const auto text = connect_failure(options);
    EXPECT_EQ(text, "127.0.0.1:" + std::to_string(server.port()) +
                        " declined the WebSocket upgrade: HTTP status 403");
    EXPECT_THAT(request, StartsWith("GET /v3/key?x=1 HTTP/1.1\r\n"));
    EXPECT_THAT(request, HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
    EXPECT_THAT(request, HasSubstr("Authorization: Basic dXNlcjpwQHNz\r\n"));
    EXPECT_THAT(request, HasSubstr("X-Extra: yes\r\n"));
}

TEST_F(WebSocketClientTest, ConcurrentSendsKeepTheirOrderAndStayWhole) {
    std::vector<std::string> seen;
    ScriptedServer server(upgraded([&seen](Server& peer) {
        for (int i = 0; i < 20; ++i) {
            seen.push_back(read_text(peer));
        }
        peer.write(asio::buffer("done", 4));
        read_text(peer);
    }));
    const auto client = connect_to(server);
    async::TaskGroup group(loop.executor());
    std::vector<std::string> sent;
    for (int i = 0; i < 20; ++i) {
        sent.push_back(std::string(50000, static_cast<char>('a' + i)));
        group.spawn("send", client->send(sent.back()));
    }
    EXPECT_EQ(receive(*client), "done");
    loop.run_until_done(group.join());
    EXPECT_EQ(seen, sent);
}

TEST_F(WebSocketClientTest, MessagesOverTheLimitEndTheConnection) {
    ScriptedServer server(upgraded([](Server& peer) {
        peer.write(asio::buffer(std::string(1001, 'x')));
        read_text(peer);
    }));
    WebSocketOptions options{.url = url(server)};
    options.max_message_bytes = 1000;
    const auto client = connect(options);
    EXPECT_THAT(failure_of(client->receive()), StartsWith("WebSocket of 127.0.0.1:"));
    EXPECT_THROW(send(*client, "x"), WebSocketError);
}

TEST_F(WebSocketClientTest, TellsWhyThePeerClosed) {
    ScriptedServer closing(upgraded([](Server& peer) {
        peer.close(websocket::close_reason(websocket::close_code::try_again_later, "too many connections"));
    }));
    const auto client = connect_to(closing);
    EXPECT_THAT(failure_of(client->receive()),
                HasSubstr("closed by the peer, code 1013 (too many connections)"));

    ScriptedServer vanishing(upgraded([](Server&) {}));
    const auto second = connect_to(vanishing);
    EXPECT_THAT(failure_of(second->receive()), HasSubstr("the peer closed the connection"));
}

TEST_F(WebSocketClientTest, GarbageEndsTheConnection) {
    ScriptedServer server(upgraded([](Server& peer) {
        peer.next_layer().send(asio::buffer("\xff\xff garbage that is no frame", 29));
        beast::error_code ignored;
        std::array<char, 1000> rest;
        while (!ignored) {
            peer.next_layer().read_some(asio::buffer(rest), ignored);
        }
    }));
    const auto client = connect_to(server);
    EXPECT_THAT(failure_of(client->receive()), StartsWith("WebSocket of 127.0.0.1:"));

    ScriptedServer not_http([](RawSocket& socket, int) { socket.send("SSH-2.0-OpenSSH\r\n\r\n"); });
    EXPECT_THAT(connect_failure(WebSocketOptions{.url = url(not_http)}),
                StartsWith("WebSocket handshake with "));
}

TEST_F(WebSocketClientTest, ConnectEndsAtTheDeadline) {
    ScriptedServer silent([](RawSocket& socket, int) { socket.read_to_end(); });
    const auto deadline = async::Deadline::after(milliseconds(30));
    EXPECT_THROW(connect(WebSocketOptions{.url = url(silent)}, deadline), TimedOut);
    EXPECT_THROW(connect(WebSocketOptions{.url = "wss" + silent.url().substr(4)},
                         async::Deadline::after(milliseconds(30))),
                 TimedOut);
}

TEST_F(WebSocketClientTest, SaysWhyItCannotConnect) {
    std::uint16_t unused = 0;
    {
        unused = ScriptedServer([](RawSocket&, int) {}).port();
    }
    EXPECT_THAT(connect_failure(WebSocketOptions{.url = "ws://127.0.0.1:" + std::to_string(unused)}),
                HasSubstr("Connection refused"));
    EXPECT_THAT(connect_failure(WebSocketOptions{.url = "ws://no-such-host.invalid/"}),
                StartsWith("cannot connect: no address of host \"no-such-host.invalid\""));
    EXPECT_EQ(connect_failure(WebSocketOptions{.url = "http://user:secret@h/"}),
              "not a WebSocket URL (ws:// or wss://): http://user:xxxxx@h/");
}

TEST_F(WebSocketClientTest, DeadPeersAreNoticed) {
    ScriptedServer server(upgraded([](Server& peer) {
        // Alive for TCP, but answers no ping: nobody reads.
        pollfd gone{peer.next_layer().native_handle(), POLLRDHUP, 0};
        poll(&gone, 1, 10000);
    }));
    WebSocketOptions options{.url = url(server)};
    options.ping_after = milliseconds(25);
    const auto client = connect(options);
    EXPECT_THAT(failure_of(client->receive()), HasSubstr("no sign of life from the peer"));
}

TEST_F(WebSocketClientTest, PingsKeepASilentPeerAlive) {
    ScriptedServer server(upgraded([](Server& peer) {
        int pings = 0;
        peer.control_callback([&](websocket::frame_type kind, beast::string_view) {
            if (kind == websocket::frame_type::ping && ++pings == 3)
                peer.next_layer().shutdown(asio::socket_base::shutdown_send);
        });
        read_text(peer);
    }));
    WebSocketOptions options{.url = url(server)};
    options.ping_after = milliseconds(15);
    const auto client = connect(options);
    EXPECT_THAT(failure_of(client->receive()), HasSubstr("the peer closed the connection"));
}

TEST_F(WebSocketClientTest, CancelledReceiveThrowsCancelled) {
    ScriptedServer server(upgraded(echo));
    const auto client = connect_to(server);
    async::TaskGroup group(loop.executor());
    bool cancelled = false;
    const auto wait = [](WebSocketClient* receiver, bool* out) -> async::Task<void> {
        try {
            co_await receiver->receive();
        } catch (const Cancelled&) {
            *out = true;
        }
    };
    group.spawn("receive", wait(client.get(), &cancelled));
    loop.poll();
    loop.run_until_done(group.stop());
    EXPECT_TRUE(cancelled);
    EXPECT_THROW(send(*client, "x"), WebSocketError);
}

TEST_F(WebSocketClientTest, DestructionEndsWhatIsUnderWay) {
    ScriptedServer server(upgraded(echo));
    auto client = connect_to(server);
    async::TaskGroup group(loop.executor());
    std::string text;
    const auto wait = [](async::Task<std::string> receive, std::string* out) -> async::Task<void> {
        try {
            co_await std::move(receive);
        } catch (const WebSocketError& error) {
            *out = error.what();
        }
    };
    group.spawn("receive", wait(client->receive(), &text));
    loop.poll();
    client.reset();
    loop.run_until_done(group.join());
    EXPECT_THAT(text, HasSubstr("closed here"));
}

TEST_F(WebSocketClientTest, CloseDoesNotWaitForADeafPeer) {
    ScriptedServer server(upgraded([](Server& peer) {
        pollfd gone{peer.next_layer().native_handle(), POLLRDHUP, 0};
        poll(&gone, 1, 10000);
    }));
    const auto client = connect_to(server);
    loop.run_until_done(client->close(async::Deadline::after(milliseconds(20))));
    EXPECT_THROW(send(*client, "x"), WebSocketError);
}

TEST_F(WebSocketClientTest, SpeaksTls) {
    const TestCertificate certificate;
    asio::ssl::context tls(asio::ssl::context::tls_server);
    tls.use_certificate_chain_file(certificate.certificate_path());
    tls.use_private_key_file(certificate.key_path(), asio::ssl::context::pem);
    ScriptedServer server([&tls](RawSocket& raw, int) {
        asio::io_context context;
        asio::ip::tcp::socket socket(context, asio::ip::tcp::v4(), dup(raw.fd()));
        websocket::stream<asio::ssl::stream<asio::ip::tcp::socket>> peer(std::move(socket), tls);
        peer.next_layer().handshake(asio::ssl::stream_base::server);
        peer.accept();
        for (;;) {
            beast::flat_buffer buffer;
            peer.read(buffer);
            peer.write(buffer.cdata());
        }
    });
    WebSocketOptions options{.url = "wss" + server.url().substr(4)};
    EXPECT_THAT(connect_failure(options), StartsWith("TLS handshake with 127.0.0.1:"));
    options.verify_tls = false;
    const auto client = connect(options);
    send(*client, "secret");
    EXPECT_EQ(receive(*client), "secret");
}

}  // namespace
}  // namespace baton::net
