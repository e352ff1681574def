#include "baton/pipeline/chain_testing.hpp"

namespace baton::pipeline::testing {

namespace {

const std::string call = R"(ethcall contract="0x3333333333333333333333333333333333333333" data="\"0x01\"")";

}  // namespace

TEST_F(ChainTest, ACallsResultGoesOnAsBytes) {
    Bytes word(32, 0);
    word.back() = 18;
    chain.result = word;
    EXPECT_EQ(ask(call), "bytes " + to_0x(word));
    const RunOutcome outcome = execute(
        R"g(e [type=ethabiencode abi="decimals()" data="{}"]
           c [type=ethcall contract="0x3333333333333333333333333333333333333333" data="$(e)"]
           d [type=ethabidecode abi="uint8 decimals" data="$(c)"]
           e -> c -> d)g");
    EXPECT_EQ(outcome.run.outputs, R"([{"decimals":18}])");
    EXPECT_EQ(to_0x(chain.calls.at(1).data), "0x313ce567");
    EXPECT_EQ(
        metrics.gauges.count({"pipeline_task_eth_call_execution_time", {{"pipeline_task_spec_id", "c"}}}),
        1U);
    chain.result = Bytes{};
    EXPECT_EQ(ask(call), "bytes 0x");
}

TEST_F(ChainTest, WhatACallConsistsOf) {
    ask(call);
    EXPECT_EQ(chain.calls.back().to, address_of(0x33));
    EXPECT_TRUE(chain.calls.back().from.is_zero());
    EXPECT_EQ(chain.calls.back().data, Bytes{1});
    EXPECT_EQ(chain.calls.back().gas_price, std::nullopt);
    ask(call + R"g( from="$(from)" gasPrice="$(price)" gasTipCap=2 gasFeeCap="-3" evmChainID=1)g", {},
        {{"from", address_of(0x44)}, {"price", decimal("1e20")}});
    EXPECT_EQ(chain.calls.back().from, address_of(0x44));
    EXPECT_EQ(chain.calls.back().gas_price, BigInt("100000000000000000000"));
    EXPECT_EQ(chain.calls.back().gas_tip_cap, BigInt(2));
    EXPECT_EQ(chain.calls.back().gas_fee_cap, BigInt(-3));
}

TEST_F(ChainTest, TheGasOfACallIsItsOwnOrTheLimitOfTheJobOrTheChain) {
    ask(call);
    EXPECT_EQ(chain.calls.back().gas, 500'000U);
    ask(call + " gas=0");
    EXPECT_EQ(chain.calls.back().gas, 500'000U);
    ask(call + " gas=5");
    EXPECT_EQ(chain.calls.back().gas, 5U);
    ask(call + R"g( gas="$(limit)")g", {}, {{"limit", std::uint64_t{5'000'000'000}}});
    EXPECT_EQ(chain.calls.back().gas, 5'000'000'000 - 4'294'967'296) << "cut to 32 bits as in v1.11.0";
    ask(call + " gasUnlimited=true");
    EXPECT_EQ(chain.calls.back().gas, 0U);
    RunRequest limited = request("c [type=" + call + "]");
    limited.job_gas_limit = 77;
    execute(std::move(limited));
    EXPECT_EQ(chain.calls.back().gas, 77U);
}

TEST_F(ChainTest, ErrorsOfACall) {
    chain.result = fault("execution reverted: nope", 3, "0x08c379a0");
    EXPECT_EQ(ask(call), "error: the endpoint said: execution reverted: nope");
    EXPECT_EQ(ask(call + " extractRevertReason=true"), "error: execution reverted: nope");
    chain.result = fault("", -32'015, "Reverted 0x08c379a0");
    EXPECT_EQ(ask(call + " extractRevertReason=true"),
              "error: json-rpc error { Code = -32015, Data = 'Reverted 0x08c379a0' }");
    chain.result = fault("connection refused");
    EXPECT_EQ(ask(call + " extractRevertReason=true"), "error: the endpoint said: connection refused");
    EXPECT_THROW(parse_graph("c [type=" + call + " extractRevertReason=maybe]"), InvalidInput);
}

TEST_F(ChainTest, CallsThatAreNotMade) {
    EXPECT_EQ(ask("ethcall"), "error: contract: parameter is empty; data: parameter is empty");
    EXPECT_EQ(ask(R"(ethcall contract="0x33" data="0x01" from=me)"),
              "error: contract: expected common.Address, got []uint8: bad input for task; "
              "from: expected common.Address, got []uint8: bad input for task; "
              "data: expected array of bytes, got int64: bad input for task")
        << "data that is written is JSON, and reads as 0";
    EXPECT_EQ(ask(R"(ethcall contract="0x3333333333333333333333333333333333333333" data="\"0x\"")"),
              "error: data param must not be empty: bad input for task");
    EXPECT_EQ(ask(call + " gas=1 gasUnlimited=true"),
              "error: gas must be zero when gasUnlimited is true: bad input for task");
    EXPECT_EQ(ask(call + R"g( evmChainID="$(id)")g", {}, {{"id", std::int64_t{1}}}),
              "error: evmChainID: expected string, got int64: bad input for task");
    EXPECT_EQ(ask(call + " evmChainID=2"), "error: chain not found with id 2");
    EXPECT_EQ(ask(call + " evmChainID=abc"), "error: invalid EVM chain ID: abc");
    EXPECT_EQ(ask(call, {"1", "2", ErrorValue{"boom"}}), "error: task inputs: too many errors");
    environment.reader = nullptr;
    EXPECT_EQ(ask(call), "error: no live nodes available for chain 1");
    environment.default_id.reset();
    EXPECT_EQ(ask(call),
              "error: cannot get default EVM chain; no EVM chains are available: no EVM chains loaded");
    EXPECT_TRUE(chain.calls.empty());
}

}  // namespace baton::pipeline::testing
