#include "baton/eth/rpc_testing.hpp"

namespace baton::eth {
namespace {

class RpcHeads : public RpcFixture {};

class RpcHeadsEachWay : public EachWayFixture {};
INSTANTIATE_TEST_SUITE_P(Ways, RpcHeadsEachWay, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "Http" : "WebSocket"; });

TEST_P(RpcHeadsEachWay, TellsTheTipAndEveryNewHead) {
    node.mine();
    start({endpoint()});
    wait_until([this] { return heads.size() == 1; });
    for (int i = 0; i < 3; ++i)
        node.mine();
    wait_until([this] { return heads.size() == 4; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{1, 2, 3, 4}));
    EXPECT_EQ(heads.back().hash, node.tip().hash);
}

TEST_P(RpcHeadsEachWay, FindsTheHeadsItWasNotTold) {
    start({endpoint()});
    node.tell_subscribers(false);
    for (int i = 0; i < 10; ++i)
        node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return heads.size() == 12; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
}

TEST_P(RpcHeadsEachWay, TellsTheNewBranchOfAReorganisationFromItsFork) {
    for (int i = 0; i < 5; ++i)
        node.mine();
    start({endpoint()});
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    node.drop_blocks(1);
    node.tell_subscribers(false);
    node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return heads.size() == 4; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{5, 6, 6, 7}));
    EXPECT_NE(heads[1].hash, heads[2].hash);
    EXPECT_EQ(heads[3].parent_hash, heads[2].hash);
}

/// Null for the next so many questions for a block by its hash.
RpcNode::Answer no_block_by_hash(int times) {
    return [left = std::make_shared<int>(times)](const std::string& method,
                                                 const codec::Value&) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getBlockByHash" || (*left)-- <= 0) return std::nullopt;
        return RpcNode::Reply{"null"};
    };
}

TEST_P(RpcHeadsEachWay, AHeadWhoseParentIsNotThereYetIsTakenAgain) {
    start({endpoint()});
    wait_until([this] { return heads.size() == 1; });
    node.answer(no_block_by_hash(3));
    node.tell_subscribers(false);
    node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return heads.size() == 3; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{0, 1, 2}));
    EXPECT_EQ(node.subscriptions(), 1u) << "no reason to leave an endpoint";
}

TEST_P(RpcHeadsEachWay, AnEndpointThatNeverGivesAParentIsLeftAndNothingIsLost) {
    times.call_limit = milliseconds(120);
    start({endpoint()});
    wait_until([this] { return heads.size() == 1; });
    node.answer(no_block_by_hash(1'000'000));
    node.tell_subscribers(false);
    node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return !sink->with("failed and is tried again").empty(); });
    EXPECT_TRUE(sink->mentions("does not give the parents of block 2"));
    EXPECT_EQ(heads.size(), 1u);
    node.answer({});
    wait_until([this] { return heads.size() == 3; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST_P(RpcHeadsEachWay, ComesBackAfterALostConnection) {
    start({endpoint()});
    wait_until([this] { return heads.size() == 1; });
    node.drop_connections();
    node.mine();
    node.mine();
    wait_until([this] { return node.subscriptions() == 2 && heads.size() == 3; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{0, 1, 2}));
    node.mine();
    wait_until([this] { return heads.size() == 4; });
}

TEST_F(RpcHeads, AsksWhenTheSubscriptionIsSilentAndThenConnectsAnew) {
    times.silence = milliseconds(5);
    start({by_both(node)});
    node.tell_subscribers(false);
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    // A look that finds no news forgets those before it, so each has to find some, however late it comes.
    wait_until([this] {
        node.mine();
        return node.subscriptions() >= 2;
    });
    EXPECT_EQ(
        sink->lines().back().level == LogLevel::error || !sink->with("failed and is tried again").empty(),
        true);
}

TEST_F(RpcHeads, GapsThatAreTooLargeAreNotClimbed) {
    start({by_both(node)});
    wait_until([this] { return heads.size() == 1; });
    node.tell_subscribers(false);
    for (int i = 0; i < 500; ++i)
        node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{0, 501}));
    EXPECT_EQ(node.asked("eth_getBlockByHash"), 0u);
}

TEST_F(RpcHeads, WithoutWebSocketHeadsAndCallsGoOverHttp) {
    times.silence = milliseconds(5);
    node.behave(Manner::no_web_socket);
    start({by_both(node)});
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    EXPECT_EQ(failure(), "");
    EXPECT_FALSE(sink->with("failed and is tried again").empty());
    node.behave(Manner::normal);
    wait_until([this] { return node.subscriptions() == 1; });
}

TEST_F(RpcHeads, WithoutHttpCallsGoOverTheWebSocket) {
    times.silence = milliseconds(5);
    start({by_both(node)});
    wait_until([this] { return node.subscriptions() == 1; });
    node.behave(Manner::no_http);
    EXPECT_EQ(failure(), "");
    EXPECT_EQ(loop.run_until_done(client->batch({ask("eth_chainId"), ask("eth_chainId")}, soon())).size(),
              2u);
    EXPECT_EQ(loop.run_until_done(client->send_raw({Bytes{1}}, soon())).size(), 1u);
    node.tell_subscribers(false);
    node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return heads.size() == 3; });
    EXPECT_EQ(sink->with("cannot be asked over HTTP").size(), 1u);
    node.drop_connections();
    wait_until([this] { return node.subscriptions() == 2; });
    wait_until([this] { return client->healthy(); });
    EXPECT_EQ(failure(), "") << "a connection that is made without HTTP";
    node.behave(Manner::normal);
    wait_until([this] { return !sink->with("calls go over HTTP again").empty(); });
    EXPECT_EQ(failure(), "");
}

TEST_F(RpcHeads, AnEndpointWithoutHttpIsLeftForAnotherOne) {
    // Three of them pass before it is left: long enough for the call that goes over its WebSocket.
    times.silence = milliseconds(200);
    RpcNode second(chain_id);
    start({by_both(node), by_both(second, "second")});
    node.behave(Manner::no_http);
    EXPECT_EQ(failure(), "");
    wait_until([&] { return second.subscriptions() == 1; });
    wait_until([this] { return client->healthy(); });
    EXPECT_EQ(failure(), "");
}

TEST_F(RpcHeads, AnImplausibleHeadIsNotBelieved) {
    start({by_both(node)});
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    node.answer([](const std::string& method, const codec::Value&) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getBlockByNumber") return std::nullopt;
        return RpcNode::Reply{R"({"number":"0xffffffffffff","hash":"0x)" + std::string(64, 'e') +
                              R"(","parentHash":"0x)" + std::string(64, 'f') + R"(","timestamp":"0x1"})"};
    });
    node.drop_connections();
    wait_until([this] { return !sink->with("failed and is tried again").empty(); });
    node.answer({});
    wait_until([this] { return client->healthy(); });
    node.mine();
    wait_until([this] { return heads.size() == 3; });
    EXPECT_EQ(heads.back().number, 2u);
}

TEST_F(RpcHeads, AJumpThatTheEndpointDoesNotConfirmIsNotBelieved) {
    start({by_both(node)});
    wait_until([this] { return heads.size() == 1; });
    node.answer([](const std::string& method, const codec::Value&) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getBlockByNumber") return std::nullopt;
        return RpcNode::Reply{R"({"number":"0x41","hash":"0x)" + std::string(64, 'e') +
                              R"(","parentHash":"0x)" + std::string(64, 'f') + R"(","timestamp":"0x1"})"};
    });
    node.drop_connections();
    wait_until([this] { return !sink->with("failed and is tried again").empty(); });
    wait_until([this] { return sink->mentions("but says that its latest block is 0"); });
    node.answer({});
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    EXPECT_EQ(heads.back().number, 1u);
}

}  // namespace
}  // namespace baton::eth
