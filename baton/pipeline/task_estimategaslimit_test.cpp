#include "baton/pipeline/chain_testing.hpp"

namespace baton::pipeline::testing {

namespace {

const std::string estimate =
    R"(estimategaslimit to="0x3333333333333333333333333333333333333333" data="0x0102")";

}  // namespace

TEST_F(ChainTest, AnEstimateIsMultipliedAndCutTowardZero) {
    chain.estimate = std::uint64_t{21'001};
    EXPECT_EQ(ask(estimate), "uint32 21001");
    EXPECT_EQ(ask(estimate + " multiplier=\"1.5\""), "uint32 31501");
    EXPECT_EQ(ask(estimate + " multiplier=\"$(m)\"", {}, {{"m", 2.0}}), "uint32 42002");
    EXPECT_EQ(ask(estimate + " multiplier=1000"), "uint32 500000") << "never above the limit";
    for (const std::string bad : {"-1", "1e30"})
        EXPECT_EQ(ask(estimate + " multiplier=\"" + bad + "\""), "error: Invalid multiplier");
    chain.estimate = (std::uint64_t{1} << 32U) + 5;
    EXPECT_EQ(ask(estimate), "uint32 5") << "cut to 32 bits before it is compared with the limit";
}

TEST_F(ChainTest, WithoutAnEstimateTheLimitCounts) {
    chain.estimate = fault("out of gas");
    EXPECT_EQ(ask(estimate), "uint32 500000");
    RunRequest limited = request("g [type=" + estimate + "]");
    limited.job_gas_limit = 77;
    EXPECT_EQ(execute(std::move(limited)).run.outputs, "[77]");
}

TEST_F(ChainTest, WhatIsEstimated) {
    ask(estimate + " from=\"0x4444444444444444444444444444444444444444\"", {ErrorValue{"boom"}, "2"});
    EXPECT_EQ(chain.calls.at(0).to, address_of(0x33));
    EXPECT_EQ(chain.calls.at(0).data, (Bytes{1, 2}));
    EXPECT_TRUE(chain.calls.at(0).from.is_zero()) << "a sender that is written is ignored";
    ask(estimate + " from=\"$(f)\"", {}, {{"f", "0x4444444444444444444444444444444444444444"}});
    EXPECT_EQ(chain.calls.at(1).from, address_of(0x44));
}

TEST_F(ChainTest, EstimatesThatAreNotAskedFor) {
    EXPECT_EQ(ask("estimategaslimit multiplier=x"),
              "error: to: parameter is empty; data: parameter is empty; "
              "multiplier: can't convert x to decimal: bad input for task");
    EXPECT_EQ(ask(estimate + " evmChainID=2"), "error: chain not found with id 2");
    EXPECT_EQ(ask(estimate + " evmChainID=\"$(id)\"", {}, {{"id", "1"}}),
              "error: invalid EVM chain ID: $(id)")
        << "variables are not looked at";
    EXPECT_TRUE(chain.calls.empty());
}

}  // namespace baton::pipeline::testing
