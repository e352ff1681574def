#pragma once

// The client of an endpoint that misbehaves as a test tells it to.

#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/timer.hpp"
#include "baton/codec/json.hpp"
#include "baton/eth/rpc_client.hpp"
#include "testing/log.hpp"
#include "testing/metrics.hpp"
#include "testing/rpc_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::eth {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::RpcNode;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Manner = RpcNode::Manner;

inline constexpr std::uint64_t chain_id = 1337;

class RpcFixture : public ::testing::Test {
  protected:
    RpcFixture() {
        times.call_limit = seconds(10);
        times.silence = seconds(10);
        times.first_pause = milliseconds(1);
        times.longest_pause = milliseconds(20);
    }
    ~RpcFixture() override {
        if (running) loop.run_until_done(running->stop());
    }

    static Endpoint by_both(const RpcNode& node, std::string name = "primary") {
        return {std::move(name), node.ws_url(), node.http_url(), false};
    }
    static Endpoint by_web_socket(const RpcNode& node) { return {"primary", node.ws_url(), "", false}; }
    static Endpoint send_only(const RpcNode& node) { return {"sendonly", "", node.http_url(), true}; }

    void make(std::vector<Endpoint> endpoints) {
        client = std::make_unique<RpcClient>(loop.executor(), BigInt(chain_id), std::move(endpoints), http,
                                             metrics, Logger(sink, "EVM"), times);
    }
    /// Runs the client until the end of the test; an error of run() fails it.
    void run() {
        running = std::make_unique<async::TaskGroup>(
            loop.executor(),
            [](const std::string&, std::exception_ptr) { ADD_FAILURE() << "run() ended with an error"; });
        running->spawn("client", client->run([this](model::Head head) { heads.push_back(std::move(head)); }));
    }
    void start(std::vector<Endpoint> endpoints) {
        make(std::move(endpoints));
        run();
        wait_until([this] { return client->healthy(); });
    }
    void wait_until(const std::function<bool()>& holds) {
        const auto limit = async::Deadline::after(seconds(20));
        while (!holds()) {
            ASSERT_FALSE(limit.passed()) << "it never came to that";
            loop.run_until_done(async::sleep_for(milliseconds(1)));
        }
    }
    static async::Deadline soon() { return async::Deadline::after(seconds(10)); }
    static RpcCall ask(std::string method, std::string params = "[]") {
        RpcCall call;
        call.method = std::move(method);
        call.params = std::move(params);
        return call;
    }
    RpcAnswer call(std::string method) {
        return loop.run_until_done(client->call(ask(std::move(method)), soon()));
    }
    /// What the call fails with; "" when it does not.
    std::string failure(async::Deadline deadline = soon()) {
        try {
            loop.run_until_done(client->call(ask("eth_blockNumber"), deadline));
        } catch (const TransportError& error) {
            return error.what();
        }
        return "";
    }
    std::vector<std::uint64_t> numbers() const {
        std::vector<std::uint64_t> all;
        for (const auto& head : heads)
            all.push_back(head.number);
        return all;
    }

    async::Loop loop;
    net::HttpClient http{loop.executor()};
    std::shared_ptr<test::RecordingSink> sink = std::make_shared<test::RecordingSink>();
    test::CountingMetrics metrics;
    RpcNode node{chain_id};
    RpcTimes times;
    std::unique_ptr<RpcClient> client;
    std::unique_ptr<async::TaskGroup> running;
    std::vector<model::Head> heads;
};

/// With calls over HTTP, and with everything over the WebSocket.
class EachWayFixture : public RpcFixture, public ::testing::WithParamInterface<bool> {
  protected:
    Endpoint endpoint() const { return GetParam() ? by_both(node) : by_web_socket(node); }
};

}  // namespace baton::eth
