#include "baton/app/config.hpp"

#include "baton/app/environment_testing.hpp"

#include <gtest/gtest.h>

namespace baton::app {
namespace {

using Variables = std::map<std::string, std::string>;

model::ChainSettings settings(const BigInt& id, const std::string& cfg = "{}",
                              const Variables& variables = {}) {
    return chain_settings(id, cfg, environment_of(variables));
}
const BigInt gwei = 1'000'000'000;

TEST(ChainSettings, AnUnknownChainHasTheFallbackSet) {
    const auto chain = settings(BigInt("99999999999999999999999"));
    EXPECT_EQ(chain.chain_id, BigInt("99999999999999999999999"));
    EXPECT_EQ(chain.finality_depth, 50U);
    EXPECT_EQ(chain.min_incoming_confirmations, 3U);
    EXPECT_EQ(chain.min_contract_payment, BigInt("10000000000000"));
    EXPECT_FALSE(chain.link_contract);
    EXPECT_EQ(chain.block_backfill_depth, 10U);
    EXPECT_FALSE(chain.block_backfill_skip);
    EXPECT_EQ(chain.head_history_depth, 100U);
    EXPECT_EQ(chain.max_in_flight, 16U);
    EXPECT_EQ(chain.max_queued, 250U);
    EXPECT_EQ(chain.resend_after, std::chrono::minutes(1));
    EXPECT_EQ(chain.fallback_poll, std::chrono::seconds(30));
    EXPECT_EQ(chain.tx_reaper_interval, std::chrono::hours(1));
    EXPECT_EQ(chain.tx_reaper_threshold, std::chrono::hours(168));
    EXPECT_EQ(chain.no_head_warning, std::chrono::minutes(1));
    EXPECT_EQ(chain.gas_price_default, 20 * gwei);
    EXPECT_EQ(chain.gas_price_min, gwei);
    EXPECT_EQ(chain.gas_price_max, (BigInt(1) << 256) - 1);
    EXPECT_EQ(chain.gas_limit_default, 500'000U);
    EXPECT_FALSE(chain.gas_limit_direct_request);
    EXPECT_EQ(chain.gas_limit_multiplier, 1.0);
}

// reference/configuration.md section 11: the rows that differ in more than one way, and each kind of
// difference.
struct Row {
    int id;
    std::uint32_t finality, confirmations, heads;
    int resend_seconds;
    BigInt price, least_price;
    const char* payment;
    int warning_seconds;
};

TEST(ChainSettings, KnownChainsHaveTheirOwn) {
    const char* fallback = "10000000000000";
    const std::vector<Row> rows{
        {1, 50, 3, 100, 60, 20 * gwei, gwei, "100000000000000000", 60},
        {10, 1, 1, 10, 15, 20 * gwei, 0, fallback, 0},
        {30, 50, 3, 100, 60, 50'000'000, 0, "1000000000000000", 60},
        {56, 50, 3, 100, 60, 5 * gwei, gwei, fallback, 15},
        {69, 1, 1, 10, 15, 20 * gwei, 0, fallback, 1800},
        {100, 50, 3, 100, 60, gwei, gwei, fallback, 60},
        {137, 500, 5, 2000, 60, 30 * gwei, 30 * gwei, fallback, 15},
        {420, 1, 1, 10, 15, 20 * gwei, 0, fallback, 1800},
        {588, 1, 1, 100, 60, 20 * gwei, 0, fallback, 0},
        {1001, 1, 1, 100, 60, 750 * gwei, gwei, fallback, 15},
        {1337, 1, 1, 10, 0, 20 * gwei, 0, "100", 0},
        {4002, 50, 3, 100, 60, 15 * gwei, gwei, fallback, 0},
        {28528, 200, 3, 300, 30, 20 * gwei, gwei, fallback, 30},
        {42161, 50, 3, 100, 60, 100'000'000, 0, fallback, 0},
        {43114, 1, 1, 100, 60, 25 * gwei, 25 * gwei, fallback, 15},
        {80001, 500, 5, 2000, 60, gwei, gwei, fallback, 15},
        {1666600000, 50, 1, 100, 60, 5 * gwei, gwei, fallback, 15},
    };
    for (const auto& row : rows) {
        const auto chain = settings(row.id);
        EXPECT_EQ(chain.finality_depth, row.finality) << row.id;
        EXPECT_EQ(chain.min_incoming_confirmations, row.confirmations) << row.id;
        EXPECT_EQ(chain.head_history_depth, row.heads) << row.id;
        EXPECT_EQ(chain.resend_after, std::chrono::seconds(row.resend_seconds)) << row.id;
        EXPECT_EQ(chain.gas_price_default, row.price) << row.id;
        EXPECT_EQ(chain.gas_price_min, row.least_price) << row.id;
        EXPECT_EQ(chain.min_contract_payment, BigInt(row.payment)) << row.id;
        EXPECT_EQ(chain.no_head_warning, std::chrono::seconds(row.warning_seconds)) << row.id;
    }
    EXPECT_EQ(settings(137).max_queued, 5000U);
    EXPECT_EQ(settings(1337).tx_reaper_threshold, std::chrono::seconds(0));
    EXPECT_EQ(settings(1337).gas_price_max, 100'000 * gwei);
    EXPECT_EQ(settings(30).gas_price_max, 50 * gwei);
    EXPECT_EQ(settings(100).gas_price_max, 500 * gwei);
    EXPECT_EQ(settings(1).link_contract, parse_address("0x514910771AF9Ca656af840dff83E8264EcF986CA"));
    EXPECT_EQ(settings(1666700000).link_contract,
              parse_address("0x8b12Ac23BFe11cAb03a634C1F117D64a7f2cFD3e"));
    EXPECT_FALSE(settings(588).link_contract);
}

TEST(ChainSettings, TheDatabaseComesBeforeTheBuiltInOnes) {
    const auto chain =
        settings(1, R"({"EvmFinalityDepth": 7, "MinIncomingConfirmations": 2, "EvmGasPriceDefault": "30 gwei",
        "EvmMaxGasPriceWei": "900000000000", "MinimumContractPayment": "0.5 link", "EvmNonceAutoSync": false,
        "LinkContractAddress": "0x00000000000000000000000000000000000000AA", "EthTxResendAfterThreshold": "2m0s",
        "EthTxReaperThreshold": "24h0m0s", "EvmHeadTrackerHistoryDepth": 20, "EvmLogBackfillBatchSize": 33,
        "EvmRPCDefaultBatchSize": 5, "EvmGasLimitDefault": 400000, "EvmGasLimitDRJobType": 123456,
        "EvmGasLimitMultiplier": 1.5, "ChainType": null, "KeySpecific": {}})");
    EXPECT_EQ(chain.finality_depth, 7U);
    EXPECT_EQ(chain.min_incoming_confirmations, 2U);
    EXPECT_EQ(chain.gas_price_default, 30 * gwei);
    EXPECT_EQ(chain.gas_price_max, 900 * gwei);
    EXPECT_EQ(chain.min_contract_payment, BigInt("500000000000000000"));
    EXPECT_FALSE(chain.nonce_auto_sync);
    EXPECT_EQ(to_0x(chain.link_contract->view()), "0x00000000000000000000000000000000000000aa");
    EXPECT_EQ(chain.resend_after, std::chrono::minutes(2));
    EXPECT_EQ(chain.tx_reaper_threshold, std::chrono::hours(24));
    EXPECT_EQ(chain.head_history_depth, 20U);
    EXPECT_EQ(chain.log_backfill_batch_size, 33U);
    EXPECT_EQ(chain.rpc_batch_size, 5U);
    EXPECT_EQ(chain.gas_limit_default, 400'000U);
    EXPECT_EQ(chain.gas_limit_direct_request, 123'456U);
    EXPECT_EQ(chain.gas_limit_multiplier, 1.5);
}

TEST(ChainSettings, WhatTheDatabaseLeavesOutOrCannotMeanIsTheDefault) {
    const auto chain = settings(1, R"({"EvmFinalityDepth": null, "MinIncomingConfirmations": "many",
        "EvmGasPriceDefault": "a lot", "EthTxResendAfterThreshold": "soon", "EvmGasLimitDefault": -1,
        "EvmHeadTrackerHistoryDepth": 99999999999, "LinkContractAddress": null})");
    EXPECT_EQ(chain.finality_depth, 50U);
    EXPECT_EQ(chain.min_incoming_confirmations, 3U);
    EXPECT_EQ(chain.gas_price_default, 20 * gwei);
    EXPECT_EQ(chain.resend_after, std::chrono::minutes(1));
    EXPECT_EQ(chain.gas_limit_default, 500'000U);
    EXPECT_EQ(chain.head_history_depth, 100U);
    EXPECT_TRUE(chain.link_contract);
    EXPECT_EQ(settings(1, "null").finality_depth, 50U);
}

TEST(ChainSettings, TheEnvironmentComesBeforeEverything) {
    const auto chain = settings(1, R"({"EvmFinalityDepth": 7, "EvmGasLimitDRJobType": 5})",
                                {{"ETH_FINALITY_DEPTH", "9"},
                                 {"MIN_INCOMING_CONFIRMATIONS", "1"},
                                 {"MINIMUM_CONTRACT_PAYMENT_LINK_JUELS", "100"},
                                 {"LINK_CONTRACT_ADDRESS", "0x00000000000000000000000000000000000000bb"},
                                 {"BLOCK_BACKFILL_DEPTH", "77"},
                                 {"BLOCK_BACKFILL_SKIP", "true"},
                                 {"ETH_MAX_IN_FLIGHT_TRANSACTIONS", "0"},
                                 {"ETH_MAX_QUEUED_TRANSACTIONS", "0"},
                                 {"ETH_GAS_PRICE_DEFAULT", "3 gwei"},
                                 {"ETH_MIN_GAS_PRICE_WEI", "2"},
                                 {"ETH_MAX_GAS_PRICE_WEI", "4gwei"},
                                 {"ETH_GAS_LIMIT_DR_JOB_TYPE", "600000"},
                                 {"ETH_GAS_LIMIT_MULTIPLIER", "1.1"},
                                 {"ETH_NONCE_AUTO_SYNC", "false"},
                                 {"TRIGGER_FALLBACK_DB_POLL_INTERVAL", "7s"},
                                 {"BLOCK_EMISSION_IDLE_WARNING_THRESHOLD", "0"}});
    EXPECT_EQ(chain.finality_depth, 9U);
    EXPECT_EQ(chain.min_incoming_confirmations, 1U);
    EXPECT_EQ(chain.min_contract_payment, 100);
    EXPECT_EQ(to_0x(chain.link_contract->view()), "0x00000000000000000000000000000000000000bb");
    EXPECT_EQ(chain.block_backfill_depth, 77U);
    EXPECT_TRUE(chain.block_backfill_skip);
    EXPECT_EQ(chain.max_in_flight, 0U);
    EXPECT_EQ(chain.max_queued, 0U);
    EXPECT_EQ(chain.gas_price_default, 3 * gwei);
    EXPECT_EQ(chain.gas_price_min, 2);
    EXPECT_EQ(chain.gas_price_max, 4 * gwei);
    EXPECT_EQ(chain.gas_limit_direct_request, 600'000U);
    EXPECT_EQ(chain.gas_limit_multiplier, 1.1);
    EXPECT_FALSE(chain.nonce_auto_sync);
    EXPECT_EQ(chain.fallback_poll, std::chrono::seconds(7));
    EXPECT_EQ(chain.no_head_warning, std::chrono::seconds(0));
}

TEST(ChainSettings, WhoeverExpectsAnEstimatorIsWarned) {
    const auto warned = [](const BigInt& id, const std::string& cfg, const Variables& variables = {}) {
        return !gas_mode_warning(id, cfg, environment_of(variables)).empty();
    };
    EXPECT_TRUE(warned(1, "{}"));
    EXPECT_TRUE(warned(42161, "{}"));
    EXPECT_TRUE(warned(BigInt("99999999999999999999999"), "{}"));
    EXPECT_TRUE(warned(1, R"({"GasEstimatorMode": "FixedPrice"})")) << "EIP-1559";
    EXPECT_FALSE(warned(56, R"({"GasEstimatorMode": "FixedPrice"})"));
    EXPECT_FALSE(warned(1337, "{}"));
    EXPECT_FALSE(warned(1, "{}", {{"GAS_ESTIMATOR_MODE", "FixedPrice"}}));
}

TEST(ChainSettings, CombinationsThatCannotWorkAreRefused) {
    const std::vector<std::pair<Variables, std::string>> cases{
        {{{"ETH_FINALITY_DEPTH", "0"}}, "ETH_FINALITY_DEPTH"},
        {{{"MIN_INCOMING_CONFIRMATIONS", "0"}}, "MIN_INCOMING_CONFIRMATIONS"},
        {{{"ETH_HEAD_TRACKER_HISTORY_DEPTH", "49"}}, "ETH_HEAD_TRACKER_HISTORY_DEPTH"},
        {{{"ETH_MIN_GAS_PRICE_WEI", "21 gwei"}}, "ETH_MIN_GAS_PRICE_WEI"},
        {{{"ETH_MAX_GAS_PRICE_WEI", "19 gwei"}}, "ETH_MAX_GAS_PRICE_WEI"},
    };
    for (const auto& [variables, name] : cases) {
        const auto text = refusal_of([&] { settings(1, "{}", variables); });
        EXPECT_TRUE(text.starts_with("config validation failed: chain 1: ")) << text;
        EXPECT_NE(text.find(name), std::string::npos) << text;
    }
    EXPECT_EQ(refusal_of([] { settings(1, "{}", {{"ETH_HEAD_TRACKER_HISTORY_DEPTH", "50"}}); }), "");
    EXPECT_EQ(refusal_of([] { settings(137, "{}", {{"ETH_FINALITY_DEPTH", "200"}}); }), "");
    EXPECT_EQ(refusal_of([] {
                  settings(1, R"({"EvmGasPriceDefault": "40 gwei"})", {{"ETH_MIN_GAS_PRICE_WEI", "30gwei"}});
              }),
              "");
}

}  // namespace
}  // namespace baton::app
