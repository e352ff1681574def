#include "baton/app/config.hpp"

#include "baton/codec/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace baton::app {

namespace {

using std::chrono::seconds;

BigInt gwei(std::uint64_t amount) {
    return BigInt(amount) * 1'000'000'000;
}
BigInt milli_link(std::uint64_t amount) {
    return BigInt(amount) * 1'000'000'000'000'000;
}

/// Differences of a known chain from the fallback set (reference/configuration.md section 11).
struct Difference {
    std::optional<std::uint32_t> finality;
    std::optional<std::uint32_t> confirmations;
    std::optional<std::uint32_t> head_history;
    std::optional<seconds> resend_after;
    /// In mwei, because RSK and Arbitrum have fractions of a gwei.
    std::optional<std::uint64_t> price_mwei;
    std::optional<std::uint64_t> min_price_gwei;
    std::optional<std::uint64_t> max_price_gwei;
    /// In thousandths of a LINK.
    std::optional<std::uint64_t> payment_milli_link;
    std::optional<seconds> no_head_warning;
    std::optional<std::uint32_t> max_queued;
};

constexpr Difference ethereum{.payment_milli_link = 100};
constexpr Difference optimism{.finality = 1,
                              .confirmations = 1,
                              .head_history = 10,
                              .resend_after = seconds(15),
                              .min_price_gwei = 0,
                              .no_head_warning = seconds(0)};
constexpr Difference optimism_test{.finality = 1,
                                   .confirmations = 1,
                                   .head_history = 10,
                                   .resend_after = seconds(15),
                                   .min_price_gwei = 0,
                                   .no_head_warning = seconds(30 * 60)};
constexpr Difference metis{
    .finality = 1, .confirmations = 1, .min_price_gwei = 0, .no_head_warning = seconds(0)};
constexpr Difference rsk{
    .price_mwei = 50, .min_price_gwei = 0, .max_price_gwei = 50, .payment_milli_link = 1};
constexpr Difference bsc{.price_mwei = 5'000, .no_head_warning = seconds(15)};
constexpr Difference klaytn{
    .finality = 1, .confirmations = 1, .price_mwei = 750'000, .no_head_warning = seconds(15)};
constexpr Difference arbitrum{.price_mwei = 100, .min_price_gwei = 0, .no_head_warning = seconds(0)};
constexpr Difference avalanche{.finality = 1,
                               .confirmations = 1,
                               .price_mwei = 25'000,
                               .min_price_gwei = 25,
                               .no_head_warning = seconds(15)};
constexpr Difference harmony{.confirmations = 1, .price_mwei = 5'000, .no_head_warning = seconds(15)};

const std::map<std::uint64_t, Difference>& differences() {
    static const std::map<std::uint64_t, Difference> known{
        {1, ethereum},
        {3, ethereum},
        {4, ethereum},
        {5, ethereum},
        {42, ethereum},
        {11155111, ethereum},
        {10, optimism},
        {69, optimism_test},
        {420, optimism_test},
        {28528,
         {.finality = 200, .head_history = 300, .resend_after = seconds(30), .no_head_warning = seconds(30)}},
        {30, rsk},
        {31, rsk},
        {56, bsc},
        {128, bsc},
        {65, {}},
        {66, {}},
        {100, {.price_mwei = 1'000, .max_price_gwei = 500}},
        {137,
         {.finality = 500,
          .confirmations = 5,
          .head_history = 2000,
          .price_mwei = 30'000,
          .min_price_gwei = 30,
          .no_head_warning = seconds(15),
          .max_queued = 5000}},
        {80001,
         {.finality = 500,
          .confirmations = 5,
          .head_history = 2000,
          .price_mwei = 1'000,
          .no_head_warning = seconds(15),
          .max_queued = 5000}},
        {250, {.price_mwei = 15'000, .no_head_warning = seconds(15)}},
        {4002, {.price_mwei = 15'000, .no_head_warning = seconds(0)}},
        {588, metis},
        {1088, metis},
        {1001, klaytn},
        {8217, klaytn},
        {1337,
         {.finality = 1,
          .confirmations = 1,
          .head_history = 10,
          .resend_after = seconds(0),
          .min_price_gwei = 0,
          .max_price_gwei = 100'000,
          .no_head_warning = seconds(0)}},
        {42161, arbitrum},
        {421611, arbitrum},
        {421613, arbitrum},
        {43113, avalanche},
        {43114, avalanche},
        {1666600000, harmony},
        {1666700000, harmony}};
    return known;
}

const std::map<std::uint64_t, const char*>& link_tokens() {
    static const std::map<std::uint64_t, const char*> tokens{
        {1, "0x514910771AF9Ca656af840dff83E8264EcF986CA"},
        {3, "0x20fE562d797A42Dcb3399062AE9546cd06f63280"},
        {4, "0x01BE23585060835E02B77ef475b0Cc51aA1e0709"},
        {5, "0x326C977E6efc84E512bB9C30f76E30c160eD06FB"},
        {10, "0x350a791Bfc2C21F9Ed5d10980Dad2e2638ffa7f6"},
        {30, "0x14AdaE34beF7ca957Ce2dDe5ADD97ea050123827"},
        {31, "0x8bBbd80981FE76d44854D8DF305e8985c19f0e78"},
        {42, "0xa36085F69e2889c224210F603D836748e7dC0088"},
        {56, "0x404460C6A5EdE2D891e8297795264fDe62ADBB75"},
        {69, "0x4911b761993b9c8c0d14Ba2d86902AF6B0074F5B"},
        {100, "0xE2e73A1c69ecF83F464EFCE6A5be353a37cA09b2"},
        {128, "0x404460C6A5EdE2D891e8297795264fDe62ADBB75"},
        {137, "0xb0897686c545045aFc77CF20eC7A532E3120E0F1"},
        {250, "0x6F43FF82CCA38001B6699a8AC47A2d0E66939407"},
        {420, "0xdc2CC710e42857672E7907CF474a69B63B93089f"},
        {4002, "0xfaFedb041c0DD4fA2Dc0d87a6B0979Ee6FA7af5F"},
        {42161, "0xf97f4df75117a78c1A5a0DBb814Af92458539FB4"},
        {43113, "0x0b9d5D9136855f6FEc3c0993feE6E9CE8a297846"},
        {43114, "0x5947BB275c521040051D82396192181b413227A3"},
        {80001, "0x326C977E6efc84E512bB9C30f76E30c160eD06FB"},
        {421611, "0x615fBe6372676474d9e6933d310469c9b68e9726"},
        {421613, "0xdc2CC710e42857672E7907CF474a69B63B93089f"},
        {11155111, "0xb227f007804c16546Bd054dfED2E7A1fD5437678"},
        {1666600000, "0x218532a12a389a4a92fC0C5Fb22901D1c19198aA"},
        {1666700000, "0x8b12Ac23BFe11cAb03a634C1F117D64a7f2cFD3e"}};
    return tokens;
}

void apply_built_in(model::ChainSettings& chain) {
    if (chain.chain_id > UINT64_MAX) return;
    const auto id = static_cast<std::uint64_t>(chain.chain_id);
    if (const auto token = link_tokens().find(id); token != link_tokens().end())
        chain.link_contract = parse_address(token->second);
    const auto found = differences().find(id);
    if (found == differences().end()) return;
    const auto& difference = found->second;
    if (difference.finality) chain.finality_depth = *difference.finality;
    if (difference.confirmations) chain.min_incoming_confirmations = *difference.confirmations;
    if (difference.head_history) chain.head_history_depth = *difference.head_history;
    if (difference.resend_after) chain.resend_after = *difference.resend_after;
    if (difference.price_mwei) chain.gas_price_default = BigInt(*difference.price_mwei) * 1'000'000;
    if (difference.min_price_gwei) chain.gas_price_min = gwei(*difference.min_price_gwei);
    if (difference.max_price_gwei) chain.gas_price_max = gwei(*difference.max_price_gwei);
    if (difference.payment_milli_link)
        chain.min_contract_payment = milli_link(*difference.payment_milli_link);
    if (difference.no_head_warning) chain.no_head_warning = *difference.no_head_warning;
    if (difference.max_queued) chain.max_queued = *difference.max_queued;
    if (id == 1337) {
        chain.min_contract_payment = 100;
        chain.tx_reaper_threshold = seconds(0);
    }
}

/// Readers of one value of evm_chains.cfg: nothing when absent, null or unreadable (v1.11.0 then uses the
/// default too).
class DatabaseConfigReader {
  public:
    explicit DatabaseConfigReader(const std::string& json) : document_(codec::read_json(json)) {}

    std::optional<std::string> text(std::string_view key) const {
        const auto* members = document_.map_or_null();
        if (!members) return std::nullopt;
        const auto found = members->find(key);
        if (found == members->end() || found->second.is_null()) return std::nullopt;
        if (const auto* string = found->second.get_if<std::string>()) return *string;
        return codec::write_json(found->second);
    }
    void read(std::string_view key, std::uint32_t& out) const {
        const auto value = text(key);
        if (!value) return;
        if (const auto number = parse_decimal_integer(*value);
            number && *number >= 0 && *number <= UINT32_MAX)
            out = static_cast<std::uint32_t>(*number);
    }
    void read(std::string_view key, bool& out) const {
        if (const auto value = text(key)) out = *value == "true";
    }
    void read(std::string_view key, double& out) const {
        const auto value = text(key);
        if (!value) return;
        double number = 0;
        const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
        if (error == std::errc() && end == value->data() + value->size() && number > 0 &&
            std::isfinite(number))
            out = number;
    }
    void read_wei(std::string_view key, BigInt& out) const {
        if (const auto value = text(key)) out = parse_wei(*value).value_or(out);
    }
    void read_link(std::string_view key, BigInt& out) const {
        if (const auto value = text(key)) out = parse_link(*value).value_or(out);
    }
    void read(std::string_view key, std::chrono::nanoseconds& out) const {
        const auto value = text(key);
        if (!value) return;
        try {
            out = parse_go_duration(*value);
        } catch (const InvalidInput&) {
            // The default stays.
        }
    }

  private:
    codec::Value document_;
};

void apply_database(model::ChainSettings& chain, const std::string& json) {
    const DatabaseConfigReader reader(json);
    reader.read("EvmFinalityDepth", chain.finality_depth);
    reader.read("MinIncomingConfirmations", chain.min_incoming_confirmations);
    reader.read_link("MinimumContractPayment", chain.min_contract_payment);
    if (const auto link = reader.text("LinkContractAddress")) chain.link_contract = parse_address(*link);
    reader.read("EvmHeadTrackerHistoryDepth", chain.head_history_depth);
    reader.read("EvmLogBackfillBatchSize", chain.log_backfill_batch_size);
    reader.read("EvmRPCDefaultBatchSize", chain.rpc_batch_size);
    reader.read("EvmNonceAutoSync", chain.nonce_auto_sync);
    reader.read("EthTxReaperThreshold", chain.tx_reaper_threshold);
    reader.read("EthTxResendAfterThreshold", chain.resend_after);
    reader.read_wei("EvmGasPriceDefault", chain.gas_price_default);
    reader.read_wei("EvmMaxGasPriceWei", chain.gas_price_max);
    reader.read("EvmGasLimitDefault", chain.gas_limit_default);
    reader.read("EvmGasLimitMultiplier", chain.gas_limit_multiplier);
    if (reader.text("EvmGasLimitDRJobType")) {
        std::uint32_t limit = 0;
        reader.read("EvmGasLimitDRJobType", limit);
        chain.gas_limit_direct_request = limit;
    }
}

void apply_environment(model::ChainSettings& chain, const Environment& environment) {
    chain.finality_depth = environment.uint32("ETH_FINALITY_DEPTH", chain.finality_depth);
    chain.min_incoming_confirmations =
        environment.uint32("MIN_INCOMING_CONFIRMATIONS", chain.min_incoming_confirmations);
    chain.min_contract_payment =
        environment.link("MINIMUM_CONTRACT_PAYMENT_LINK_JUELS", chain.min_contract_payment);
    if (const auto link = environment.address("LINK_CONTRACT_ADDRESS")) chain.link_contract = link;
    chain.block_backfill_depth = environment.uint32("BLOCK_BACKFILL_DEPTH", chain.block_backfill_depth);
    chain.block_backfill_skip = environment.boolean("BLOCK_BACKFILL_SKIP", chain.block_backfill_skip);
    chain.log_backfill_batch_size =
        environment.uint32("ETH_LOG_BACKFILL_BATCH_SIZE", chain.log_backfill_batch_size);
    chain.head_history_depth = environment.uint32("ETH_HEAD_TRACKER_HISTORY_DEPTH", chain.head_history_depth);
    chain.no_head_warning =
        environment.duration("BLOCK_EMISSION_IDLE_WARNING_THRESHOLD", chain.no_head_warning);
    chain.rpc_batch_size = environment.uint32("ETH_RPC_DEFAULT_BATCH_SIZE", chain.rpc_batch_size);
    chain.nonce_auto_sync = environment.boolean("ETH_NONCE_AUTO_SYNC", chain.nonce_auto_sync);
    chain.balance_monitor = environment.boolean("BALANCE_MONITOR_ENABLED", chain.balance_monitor);
    chain.max_in_flight = environment.uint32("ETH_MAX_IN_FLIGHT_TRANSACTIONS", chain.max_in_flight);
    chain.max_queued = environment.uint32("ETH_MAX_QUEUED_TRANSACTIONS", chain.max_queued);
    chain.resend_after = environment.duration("ETH_TX_RESEND_AFTER_THRESHOLD", chain.resend_after);
    // 0 would be a busy loop.
    chain.fallback_poll = std::max<std::chrono::nanoseconds>(
        environment.duration("TRIGGER_FALLBACK_DB_POLL_INTERVAL", chain.fallback_poll),
        std::chrono::milliseconds(100));
    chain.tx_reaper_interval = environment.duration("ETH_TX_REAPER_INTERVAL", chain.tx_reaper_interval);
    chain.tx_reaper_threshold = environment.duration("ETH_TX_REAPER_THRESHOLD", chain.tx_reaper_threshold);
    chain.gas_price_default = environment.wei("ETH_GAS_PRICE_DEFAULT", chain.gas_price_default);
    chain.gas_price_min = environment.wei("ETH_MIN_GAS_PRICE_WEI", chain.gas_price_min);
    chain.gas_price_max = environment.wei("ETH_MAX_GAS_PRICE_WEI", chain.gas_price_max);
    chain.gas_limit_default = environment.uint32("ETH_GAS_LIMIT_DEFAULT", chain.gas_limit_default);
    if (environment.has("ETH_GAS_LIMIT_DR_JOB_TYPE"))
        chain.gas_limit_direct_request = environment.uint32("ETH_GAS_LIMIT_DR_JOB_TYPE", 0);
    chain.gas_limit_multiplier = environment.fraction("ETH_GAS_LIMIT_MULTIPLIER", chain.gas_limit_multiplier);
}

/// reference/configuration.md section 13.2, as far as the settings exist here.
void validate(const model::ChainSettings& chain) {
    const auto id = to_decimal(chain.chain_id);
    const auto fail = [&](const std::string& what) {
        throw InvalidInput("config validation failed: chain " + id + ": " + what);
    };
    if (chain.finality_depth < 1) fail("ETH_FINALITY_DEPTH must be greater than or equal to 1");
    if (chain.min_incoming_confirmations < 1)
        fail("MIN_INCOMING_CONFIRMATIONS must be greater than or equal to 1");
    if (chain.head_history_depth < chain.finality_depth)
        fail("ETH_HEAD_TRACKER_HISTORY_DEPTH must be equal to or greater than ETH_FINALITY_DEPTH");
    if (chain.gas_price_min > chain.gas_price_default)
        fail("ETH_MIN_GAS_PRICE_WEI must be less than or equal to ETH_GAS_PRICE_DEFAULT");
    if (chain.gas_price_default > chain.gas_price_max)
        fail("ETH_GAS_PRICE_DEFAULT must be less than or equal to ETH_MAX_GAS_PRICE_WEI");
}

}  // namespace

std::string gas_mode_warning(const BigInt& chain_id, const std::string& database_config,
                             const Environment& environment) {
    if (environment.has("GAS_ESTIMATOR_MODE")) return {};
    const DatabaseConfigReader reader(database_config);
    const auto id = chain_id > UINT64_MAX ? 0 : static_cast<std::uint64_t>(chain_id);
    const auto mode = reader.text("GasEstimatorMode").value_or(id == 1337 ? "FixedPrice" : "BlockHistory");
    bool dynamic_fees = id == 1 || id == 3 || id == 5 || id == 28528 || id == 11155111;
    reader.read("EvmEIP1559DynamicFees", dynamic_fees);
    if (mode == "FixedPrice" && !dynamic_fees) return {};
    return "chain " + to_decimal(chain_id) +
           ": this version sends legacy transactions at ETH_GAS_PRICE_DEFAULT; set "
           "GAS_ESTIMATOR_MODE=FixedPrice to silence this";
}

void parse_chain_variables(const Environment& environment) {
    model::ChainSettings unused;
    apply_environment(unused, environment);
}

model::ChainSettings chain_settings(const BigInt& chain_id, const std::string& database_config,
                                    const Environment& environment) {
    model::ChainSettings chain;
    chain.chain_id = chain_id;
    apply_built_in(chain);
    apply_database(chain, database_config);
    apply_environment(chain, environment);
    validate(chain);
    return chain;
}

}  // namespace baton::app
