#pragma once

// Helpers of the tests of the HTTP client: servers that say what a test tells them, and a client.

#include "baton/async/loop.hpp"
#include "baton/net/http_client.hpp"
#include "baton/net/test_sockets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

namespace baton::net {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::RawSocket;
using testing::ScriptedServer;
using ::testing::StartsWith;
using Kind = ClientError::Kind;

inline std::string answer(const std::string& body, const std::string& head = "HTTP/1.1 200 OK\r\n") {
    return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
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

class HttpClientFixture : public ::testing::Test {
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

}  // namespace baton::net
