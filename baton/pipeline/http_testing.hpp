#pragma once

// For tests of this folder only: a server on loopback whose answers a test makes.

#include "baton/async/event.hpp"
#include "baton/async/timer.hpp"
#include "baton/net/http_server.hpp"
#include "baton/pipeline/engine_testing.hpp"

#include <functional>

namespace baton::pipeline::testing {

inline net::Response text_response(unsigned status, std::string body) {
    net::Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

inline net::ServerOptions loopback() {
    net::ServerOptions options;
    options.address = "127.0.0.1";
    return options;
}

inline async::Task<net::Response> at_once(net::Response response) {
    co_return response;
}

/// Until the server closes.
inline async::Task<net::Response> never() {
    co_await async::sleep_for(std::chrono::hours(1));
    co_return net::Response();
}

/// Runs with http tasks that ask it.
class HttpTest : public EngineTest {
  protected:
    HttpTest() : arrived(loop.executor()), server(loop.executor(), loopback(), handler()) { server.listen(); }
    ~HttpTest() override { loop.run_until_done(server.close_all()); }

    std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(server.port()) + path;
    }

    /// Called with every request, in order.
    std::function<async::Task<net::Response>(net::Request)> answer;
    std::vector<std::string> seen;
    async::Event arrived;
    net::HttpServer server;

  private:
    net::HttpServer::Handler handler() {
        return [this](net::Request request) {
            seen.push_back(request.target);
            arrived.notify();
            return answer(std::move(request));
        };
    }
};

}  // namespace baton::pipeline::testing
