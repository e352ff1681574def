#include "baton/eth/rpc_testing.hpp"

namespace baton::eth {
namespace {

class RpcCallsEachWay : public EachWayFixture {};
INSTANTIATE_TEST_SUITE_P(Ways, RpcCallsEachWay, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "Http" : "WebSocket"; });

TEST_P(RpcCallsEachWay, GivesResultsAndErrorsAsValues) {
    start({endpoint()});
    EXPECT_EQ(*std::get<codec::Value>(call("eth_chainId")).text_or_null(), "0x539");
    const auto error = std::get<RpcError>(call("eth_fly"));
    EXPECT_EQ(error.code, -32601);
    EXPECT_EQ(error.message, "the method eth_fly does not exist");
    EXPECT_EQ(loop.run_until_done(client->latest_head(soon()))->hash, node.tip().hash);
    EXPECT_FALSE(loop.run_until_done(client->head_by_number(99, soon())));
    EXPECT_EQ(loop.run_until_done(client->head_by_hash(node.tip().hash, soon()))->number, 0u);
}

TEST_P(RpcCallsEachWay, AnswersManyCallsInTheirOrder) {
    node.answer([](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        if (method != "echo") return std::nullopt;
        return RpcNode::Reply{codec::write_json(*codec::at(params, {"0"}))};
    });
    start({endpoint()});
    std::vector<RpcCall> calls;
    for (int i = 0; i < 250; ++i)
        calls.push_back(ask("echo", "[" + std::to_string(i) + "]"));
    const auto answers = loop.run_until_done(client->batch(calls, soon()));
    ASSERT_EQ(answers.size(), 250u);
    for (int i = 0; i < 250; ++i) {
        EXPECT_EQ(codec::to_int64(std::get<codec::Value>(answers[static_cast<std::size_t>(i)])), i);
    }
    EXPECT_TRUE(loop.run_until_done(client->batch({}, soon())).empty());
}

model::ContractCall call_with(Bytes data) {
    model::ContractCall call;
    call.data = std::move(data);
    return call;
}

TEST_P(RpcCallsEachWay, ReadsTypedValues) {
    node.answer([](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        const auto second = codec::at(params, {"1"});
        if (method == "eth_getTransactionCount") {
            return RpcNode::Reply{*second->text_or_null() == "pending" ? "\"0x8\"" : "\"0x7\""};
        }
        if (method == "eth_getBalance") return RpcNode::Reply{"\"0xde0b6b3a7640000\""};
        if (method == "eth_call") {
            const auto data = codec::string_or(*codec::at(params, {"0"}), "data");
            if (data == "0x01") return RpcNode::Reply{"\"0x0203\""};
            if (data == "0x02")
                return RpcNode::Reply{R"({"code":3,"message":"execution reverted","data":"0x08c3"})", true};
            return RpcNode::Reply{"17"};
        }
        return std::nullopt;
    });
    start({endpoint()});
    EXPECT_EQ(loop.run_until_done(client->nonce(Address{}, true, soon())), 8u);
    EXPECT_EQ(loop.run_until_done(client->nonce(Address{}, false, soon())), 7u);
    EXPECT_EQ(loop.run_until_done(client->balance(Address{}, soon())), BigInt("1000000000000000000"));
    EXPECT_EQ(std::get<Bytes>(loop.run_until_done(client->call_contract(call_with({1}), soon()))),
              (Bytes{2, 3}));
    const auto reverted =
        std::get<RpcError>(loop.run_until_done(client->call_contract(call_with({2}), soon())));
    EXPECT_EQ(reverted.data, "0x08c3");
    EXPECT_THROW(loop.run_until_done(client->call_contract(call_with({3}), soon())), TransportError);
}

TEST_P(RpcCallsEachWay, CallsAreSentWithWhatIsSetAndWithoutFeeCaps) {
    std::vector<std::string> asked;
    node.answer([&](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        if (method != "eth_call" && method != "eth_estimateGas") return std::nullopt;
        asked.push_back(method + codec::write_json(params));
        return RpcNode::Reply{"\"0x5208\""};
    });
    start({endpoint()});
    model::ContractCall call;
    call.to.bytes.back() = 2;
    EXPECT_EQ(loop.run_until_done(client->estimate_gas(call, soon())), 21'000u);
    call.from.bytes.back() = 1;
    call.data = {0xab};
    call.gas = 500'000;
    call.gas_price = 7;
    call.gas_tip_cap = 1;
    call.gas_fee_cap = 9;
    loop.run_until_done(client->call_contract(call, soon()));
    EXPECT_EQ(
        asked,
        (std::vector<std::string>{
            R"(eth_estimateGas[{"from":"0x0000000000000000000000000000000000000000",)"
            R"("to":"0x0000000000000000000000000000000000000002"}])",
            R"(eth_call[{"data":"0xab","from":"0x0000000000000000000000000000000000000001",)"
            R"("gas":"0x7a120","gasPrice":"0x7","to":"0x0000000000000000000000000000000000000002"},"latest"])"}));
}

TEST_P(RpcCallsEachWay, ReceiptsOfOthersErrorsAndNonsenseAreNone) {
    node.answer([](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getTransactionReceipt") return std::nullopt;
        const auto hash = *codec::at(params, {"0"})->text_or_null();
        if (hash[3] == '0') return RpcNode::Reply{"null"};
        if (hash[3] == '1')
            return RpcNode::Reply{R"({"code":-32000,"message":"missing required field 'x'"})", true};
        if (hash[3] == '4') return RpcNode::Reply{R"({"blockNumber":"0x5"})"};
        const auto told = hash[3] == '2' ? hash : "0x" + std::string(64, 'f');
        return RpcNode::Reply{R"({"transactionHash":")" + told + R"(","blockHash":"0x)" +
                              std::string(64, 'a') +
                              R"(","blockNumber":"0x5","transactionIndex":"0x0","status":"0x1"})"};
    });
    start({endpoint()});
    std::vector<Hash> hashes(5);
    for (std::size_t i = 0; i < hashes.size(); ++i)
        hashes[i].bytes[0] = static_cast<std::uint8_t>(i);
    const auto receipts = loop.run_until_done(client->receipts(hashes, soon()));
    ASSERT_EQ(receipts.size(), 5u);
    EXPECT_FALSE(receipts[0].receipt);
    EXPECT_TRUE(receipts[0].none);
    EXPECT_FALSE(receipts[1].receipt);
    EXPECT_FALSE(receipts[1].none) << "an error says nothing";
    ASSERT_TRUE(receipts[2].receipt);
    EXPECT_EQ(receipts[2].receipt->block_number, 5u);
    EXPECT_FALSE(receipts[3].receipt) << "a receipt of another transaction";
    EXPECT_FALSE(receipts[3].none);
    EXPECT_FALSE(receipts[4].receipt) << "unreadable";
    EXPECT_FALSE(receipts[4].none);
    EXPECT_EQ(sink->with("cannot be read and counts as none").size(), 1u);
}

}  // namespace
}  // namespace baton::eth
