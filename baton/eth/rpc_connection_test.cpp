#include "baton/eth/rpc_testing.hpp"

namespace baton::eth {
namespace {

class RpcConnections : public RpcFixture {};

class RpcConnectionsEachWay : public EachWayFixture {};
INSTANTIATE_TEST_SUITE_P(Ways, RpcConnectionsEachWay, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "Http" : "WebSocket"; });

TEST_P(RpcConnectionsEachWay, SendsNothingToAnotherChain) {
    node.set_chain_id(5);
    make({endpoint()});
    run();
    wait_until([this] { return client->wrong_chain().has_value(); });
    EXPECT_FALSE(client->healthy());
    EXPECT_THAT(*client->wrong_chain(), HasSubstr("ETH_CHAIN_ID is 1337"));
    EXPECT_THAT(*client->wrong_chain(), HasSubstr("is on chain 5"));
    EXPECT_THROW(loop.run_until_done(client->send_raw({Bytes{1}}, soon())), TransportError);
    EXPECT_EQ(failure(), *client->wrong_chain());
    // Some more attempts: it is said once.
    wait_until([this] { return node.asked("eth_chainId") >= 5; });
    EXPECT_EQ(sink->with("ETH_CHAIN_ID is 1337").size(), 1u);
    EXPECT_TRUE(sink->with("failed and is tried again").empty());
    for (const auto& method : node.asked())
        EXPECT_EQ(method, "eth_chainId");
    node.set_chain_id(chain_id);
    wait_until([this] { return client->healthy(); });
    EXPECT_FALSE(client->wrong_chain());
}

TEST_F(RpcConnections, WithoutConnectionThereIsNoLiveNode) {
    make({by_both(node)});
    EXPECT_EQ(failure(), "no live nodes available for chain 1337");
    EXPECT_FALSE(client->healthy());
    EXPECT_THROW(make({send_only(node)}), InvalidInput);
}

TEST_F(RpcConnections, AttemptsThatDoNotComeToASubscriptionAreCounted) {
    const auto failed = [this] {
        return metrics.counters.at({"head_tracker_eth_connection_errors", {{"evmChainID", "1337"}}});
    };
    make({by_both(node)});
    EXPECT_EQ(failed(), 0);
    node.behave(Manner::no_web_socket);
    run();
    wait_until([&] { return failed() == 2; });
    node.behave(Manner::normal);
    wait_until([&] { return node.subscriptions() == 1; });
    wait_until([this] { return client->healthy(); });
    const auto before = failed();
    // A subscription that was had and is lost is no failure to subscribe.
    node.drop_connections();
    wait_until([&] { return node.subscriptions() == 2; });
    EXPECT_EQ(failed(), before);
}

struct Misbehaviour {
    Manner manner;
    const char* name;
    const char* over_http;
    const char* over_web_socket;
};

class MisbehaviourTest : public RpcFixture,
                         public ::testing::WithParamInterface<std::tuple<Misbehaviour, bool>> {
  protected:
    Misbehaviour kind() const { return std::get<0>(GetParam()); }
    bool over_http() const { return std::get<1>(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(
    Manners, MisbehaviourTest,
    ::testing::Combine(
        ::testing::Values(
            Misbehaviour{Manner::silent, "Silent", "remote eth node timed out", "remote eth node timed out"},
            Misbehaviour{Manner::closing, "Closing", "EOF", "call failed: "},
            Misbehaviour{Manner::garbage, "Garbage", "HTTP status 200, and the body is no JSON",
                         "a message is no JSON"},
            Misbehaviour{Manner::nonsense, "Nonsense", "the answer is no JSON-RPC object",
                         "a message is no JSON-RPC object"},
            Misbehaviour{Manner::huge, "Huge", "the answer is too large", "WebSocket of 127.0.0.1"},
            Misbehaviour{Manner::bad_gateway, "BadGateway", "HTTP status 502, and the body is no JSON",
                         "a message is no JSON"}),
        ::testing::Bool()),
    [](const auto& one) {
        return std::string(std::get<0>(one.param).name) +
               (std::get<1>(one.param) ? "OverHttp" : "OverWebSocket");
    });

TEST_P(MisbehaviourTest, GivesAClearErrorAndRecovers) {
    start({over_http() ? by_both(node) : by_web_socket(node)});
    node.behave(kind().manner);
    const auto text =
        failure(async::Deadline::after(kind().manner == Manner::silent ? milliseconds(30) : seconds(10)));
    EXPECT_THAT(text, StartsWith(over_http() ? "primary http (http://127.0.0.1:"
                                             : "primary websocket (ws://127.0.0.1:"));
    EXPECT_THAT(text, HasSubstr(over_http() ? kind().over_http : kind().over_web_socket));
    node.behave(Manner::normal);
    wait_until([this] { return client->healthy(); });
    EXPECT_EQ(failure(), "");
    node.mine();
    wait_until([this] { return !heads.empty() && heads.back().hash == node.tip().hash; });
}

TEST_P(MisbehaviourTest, IsOutlivedAtTheStart) {
    times.call_limit = milliseconds(kind().manner == Manner::silent ? 30 : 10000);
    node.behave(kind().manner);
    make({over_http() ? by_both(node) : by_web_socket(node)});
    run();
    wait_until([this] { return !sink->with("failed and is tried again").empty(); });
    EXPECT_FALSE(client->healthy());
    node.behave(Manner::normal);
    wait_until([this] { return client->healthy(); });
    wait_until([this] { return heads.size() == 1; });
}

TEST_F(RpcConnections, CallersOfALostConnectionAreNotTakenForCancelled) {
    start({by_web_socket(node)});
    node.behave(Manner::silent);
    std::exception_ptr failure;
    async::TaskGroup group(loop.executor());
    const auto wait = [](RpcClient* asked, RpcCall question, std::exception_ptr* out) -> async::Task<void> {
        try {
            co_await asked->call(std::move(question), async::Deadline::never());
        } catch (...) {
            *out = std::current_exception();
        }
    };
    group.spawn("call", wait(client.get(), ask("eth_blockNumber"), &failure));
    loop.run_until_done(async::sleep_for(milliseconds(1)));
    loop.run_until_done(running->stop());
    loop.run_until_done(group.join());
    EXPECT_FALSE(async::is_cancellation(failure));
    EXPECT_THROW(std::rethrow_exception(failure), TransportError);
    running.reset();
}

TEST_F(RpcConnections, NoSecretOfAUrlIsLogged) {
    Endpoint endpoint = by_both(node);
    endpoint.ws_url = "ws://user:s3cret@127.0.0.1:1/v3/api-key?token=t0ken";
    endpoint.http_url = "http://user:s3cret@127.0.0.1:1/v3/api-key?token=t0ken";
    make({endpoint});
    run();
    wait_until([this] { return !sink->with("failed and is tried again").empty(); });
    loop.run_until_done(async::sleep_for(milliseconds(5)));
    for (const char* secret : {"s3cret", "api-key", "t0ken"})
        EXPECT_FALSE(sink->mentions(secret)) << secret;
}

TEST_F(RpcConnections, TransactionsGoToEveryEndpoint) {
    RpcNode helper(chain_id);
    RpcNode foreign(5);
    RpcNode second(chain_id);
    node.answer([](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        if (method != "eth_sendRawTransaction") return std::nullopt;
        if (*codec::at(params, {"0"})->text_or_null() == "0x02") {
            return RpcNode::Reply{R"({"code":-32000,"message":"nonce too low"})", true};
        }
        return RpcNode::Reply{"\"0xhash\""};
    });
    auto elsewhere = send_only(foreign);
    elsewhere.name = "elsewhere";
    auto dead = send_only(foreign);
    dead.http_url = "http://127.0.0.1:1";
    start({by_both(node), send_only(helper), elsewhere, dead, by_both(second, "second")});
    const auto errors = loop.run_until_done(client->send_raw({Bytes{1}, Bytes{2}}, soon()));
    ASSERT_EQ(errors.size(), 2u);
    EXPECT_FALSE(errors[0]);
    EXPECT_EQ(errors[1]->message, "nonce too low");
    EXPECT_EQ(node.asked("eth_sendRawTransaction"), 2u);
    wait_until([&] {
        return helper.asked("eth_sendRawTransaction") == 2 && second.asked("eth_sendRawTransaction") == 2;
    });
    wait_until([this] { return !sink->with("doesn't match local ChainID").empty(); });
    EXPECT_EQ(foreign.asked("eth_sendRawTransaction"), 0u);
    EXPECT_TRUE(loop.run_until_done(client->send_raw({}, soon())).empty());
}

TEST_F(RpcConnections, NothingLeavesAfterItsTime) {
    RpcNode helper(chain_id);
    start({by_both(node), send_only(helper)});
    EXPECT_THROW(loop.run_until_done(client->send_raw({Bytes{1}}, async::Deadline::after(milliseconds(0)))),
                 TransportError);
    // What is sent in time goes to both, behind whatever was sent before.
    loop.run_until_done(client->send_raw({Bytes{2}}, soon()));
    wait_until([&] { return helper.asked("eth_sendRawTransaction") > 0; });
    EXPECT_EQ(node.asked("eth_sendRawTransaction"), 1u);
    EXPECT_EQ(helper.asked("eth_sendRawTransaction"), 1u);
}

TEST_F(RpcConnections, AnotherPrimaryTakesOver) {
    auto second = std::make_unique<RpcNode>(chain_id);
    auto first = std::make_unique<RpcNode>(chain_id);
    for (int i = 0; i < 3; ++i)
        second->mine();
    start({by_both(*first, "first"), by_both(*second, "second")});
    EXPECT_EQ(first->subscriptions(), 1u);
    EXPECT_EQ(second->subscriptions(), 0u);
    first.reset();
    wait_until([&] { return second->subscriptions() == 1; });
    wait_until([&] { return client->healthy(); });
    EXPECT_EQ(failure(), "");
    EXPECT_EQ(heads.back().hash, second->tip().hash);
}

}  // namespace
}  // namespace baton::eth
