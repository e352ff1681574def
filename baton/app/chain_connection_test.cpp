#include "baton/app/chain_connection.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "testing/log.hpp"
#include "testing/metrics.hpp"
#include "testing/rpc_node.hpp"

#include <gtest/gtest.h>

namespace baton::app {
namespace {

TEST(ChainConnections, CountHeadsBelowTheFinalityDepth) {
    async::Loop loop;
    net::HttpClient http(loop.executor());
    test::RpcNode node(1337);
    test::CountingMetrics metrics;
    auto sink = std::make_shared<test::RecordingSink>();
    model::ChainSettings settings;
    settings.chain_id = 1337;
    settings.finality_depth = 5;
    const eth::Endpoint endpoint{"primary", node.ws_url(), node.http_url(), false};
    ChainConnection chain(loop.executor(), settings, {endpoint}, http, metrics, Logger(sink, "EVM"));
    const MetricLabels labels{{"evmChainID", "1337"}};
    const auto counted = [&](const char* name) { return metrics.counters[{name, labels}]; };
    EXPECT_EQ(metrics.counters.count({"head_tracker_very_old_head", labels}), 1u) << "there from the start";

    async::Event taken(loop.executor());
    chain.listen([&taken](const model::Head&) { taken.notify(); });
    async::TaskGroup running(loop.executor(), [](const std::string&, std::exception_ptr) { ADD_FAILURE(); });
    running.spawn("chain", chain.run());
    const auto heads = [&](double count) {
        const auto limit = async::Deadline::after(std::chrono::seconds(20));
        while (counted("head_tracker_heads_received") < count) {
            const bool came = loop.run_until_done(taken.wait(limit));
            ASSERT_TRUE(came) << "the head did not come";
        }
    };
    heads(1);
    for (int number = 1; number <= 10; ++number) {
        node.mine();
        heads(1 + number);
    }
    node.drop_blocks(6);
    node.mine();  // 5: as deep as can be final
    heads(12);
    EXPECT_EQ(counted("head_tracker_very_old_head"), 0);
    node.drop_blocks(2);
    node.mine();  // 4
    heads(13);
    EXPECT_EQ(counted("head_tracker_very_old_head"), 1);
    EXPECT_EQ(sink->with("further below the latest one than ETH_FINALITY_DEPTH").size(), 1u);
    loop.run_until_done(running.stop());
}

TEST(ChainConnections, ShowNoLinkWhereTheChainHasNoSuchToken) {
    async::Loop loop;
    net::HttpClient http(loop.executor());
    test::RpcNode node(1337);
    node.answer([](const std::string& method, const codec::Value&) -> std::optional<test::RpcNode::Reply> {
        if (method == "eth_getBalance") return test::RpcNode::Reply{"\"0x5\""};
        if (method == "eth_call") return test::RpcNode::Reply{"\"0x\""};
        return std::nullopt;
    });
    test::CountingMetrics metrics;
    model::ChainSettings settings;
    settings.chain_id = 1337;
    settings.link_contract = *parse_address("0x9e40733cc9df84636505f4e6db28dca0dc5d1bba");
    const eth::Endpoint endpoint{"primary", node.ws_url(), node.http_url(), false};
    ChainConnection chain(loop.executor(), settings, {endpoint}, http, metrics,
                          Logger(std::make_shared<test::RecordingSink>(), "EVM"));
    async::Event taken(loop.executor());
    chain.listen([&taken](const model::Head&) { taken.notify(); });
    async::TaskGroup running(loop.executor(), [](const std::string&, std::exception_ptr) { ADD_FAILURE(); });
    running.spawn("chain", chain.run());
    const auto key = *parse_address("0x613a38ac1659769640aae063c651f48e0250454c");
    chain.watch({key}, {});
    const auto limit = async::Deadline::after(std::chrono::seconds(20));
    while (!chain.balance(key)) {
        const bool came = loop.run_until_done(taken.wait(limit));
        ASSERT_TRUE(came) << "the balance did not come";
        node.mine();
    }
    EXPECT_EQ(chain.balance(key)->wei, 5);
    EXPECT_EQ(chain.balance(key)->juels, 0);
    loop.run_until_done(running.stop());
}

}  // namespace
}  // namespace baton::app
