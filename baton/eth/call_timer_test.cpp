#include "baton/eth/call_timer.hpp"
#include "baton/eth/rpc_json.hpp"
#include "baton/eth/rpc_testing.hpp"

namespace baton::eth {
namespace {

std::string name_of(std::string method, std::string params = "[]") {
    return call_name({make_call(std::move(method), std::move(params))});
}

TEST(CallNames, AreThoseOfV1) {
    EXPECT_EQ(name_of("eth_call"), "CallContract");
    EXPECT_EQ(name_of("eth_getLogs"), "FilterLogs");
    EXPECT_EQ(name_of("eth_getTransactionCount", R"(["0x1","latest"])"), "NonceAt");
    EXPECT_EQ(name_of("eth_getTransactionCount", R"(["0x1","pending"])"), "PendingNonceAt");
    EXPECT_EQ(name_of("eth_getBlockByNumber"), "CallContext");
    EXPECT_EQ(call_name({make_call("eth_call"), make_call("eth_call")}), "BatchCallContext");
}

class CallTimes : public RpcFixture {
  protected:
    std::vector<double> times(const Endpoint& endpoint, const std::string& url, const std::string& name,
                              bool success = true) {
        return metrics.observed[{"evm_pool_rpc_node_rpc_call_time",
                                 {{"evmChainID", "1337"},
                                  {"nodeName", endpoint.name},
                                  {"rpcHost", host_of(url)},
                                  {"isSendOnly", endpoint.send_only ? "true" : "false"},
                                  {"success", success ? "true" : "false"},
                                  {"rpcCallName", name}}}];
    }
};

TEST_F(CallTimes, AreMeasuredByEndpointAndCall) {
    const auto primary = by_both(node);
    RpcNode second(chain_id);
    const auto other = send_only(second);
    start({primary, other});
    const auto subscribed = times(primary, primary.ws_url, "EthSubscribe");
    ASSERT_EQ(subscribed.size(), 1u);
    EXPECT_GT(subscribed[0], 0.0);
    EXPECT_LT(subscribed[0], 10e9);

    call("eth_getBalance");  // which this endpoint does not know
    EXPECT_EQ(times(primary, primary.http_url, "BalanceAt", false).size(), 1u);
    loop.run_until_done(client->send_raw({Bytes{1}, Bytes{2}}, soon()));
    EXPECT_EQ(times(primary, primary.http_url, "BatchCallContext").size(), 1u);
    wait_until([&] { return times(other, other.http_url, "BatchCallContext").size() == 1; });
    loop.run_until_done(client->send_raw({Bytes{3}}, soon()));
    EXPECT_EQ(times(primary, primary.http_url, "SendTransaction").size(), 1u);
}

TEST_F(CallTimes, AreThoseOfBothWaysWhenTheFirstFails) {
    const auto primary = by_both(node);
    start({primary});
    node.behave(Manner::no_http);
    EXPECT_EQ(failure(), "");
    EXPECT_EQ(times(primary, primary.http_url, "CallContext", false).size(), 1u);
    EXPECT_GE(times(primary, primary.ws_url, "CallContext").size(), 1u);
}

}  // namespace
}  // namespace baton::eth
