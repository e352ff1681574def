#include "baton/net/http_server.hpp"
#include "baton/net/test_sockets.hpp"

#include <benchmark/benchmark.h>

namespace baton::net {
namespace {

async::Task<Response> small_answer(Request request) {
    Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = R"({"data":{"id":")" + request.path + R"("}})";
    co_return response;
}

/// Requests over kept-alive connections, one at a time on each: the server's thread against blocking clients.
void serve_keep_alive(benchmark::State& state) {
    async::Loop loop;
    ServerOptions options;
    options.address = "127.0.0.1";
    HttpServer server(loop.executor(), options, small_answer);
    server.listen();
    std::thread thread([&loop] { loop.run(); });
    std::vector<testing::RawSocket> clients;
    for (int i = 0; i < state.range(0); ++i) {
        clients.push_back(testing::RawSocket::connect_to(server.port()));
    }
    const std::string request =
        "POST /v2/jobs/0eec7e1d-d0d2-476c-a1a8-72dfb6633f46/runs HTTP/1.1\r\nHost: localhost:6688\r\n"
        "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"value\":1234567}";
    for (auto _ : state) {
        for (auto& client : clients) {
            client.send(request);
        }
        for (auto& client : clients) {
            benchmark::DoNotOptimize(client.read_message());
        }
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    loop.stop();
    thread.join();
    loop.run_until_done(server.close_all());
}
BENCHMARK(serve_keep_alive)->Arg(1)->Arg(16)->UseRealTime();

}  // namespace
}  // namespace baton::net
