#include "baton/app/unused_settings.hpp"

#include <algorithm>

namespace baton::app {

namespace {

enum class Kind { number, percent, duration, wei, url, on, selection, text };

struct Unused {
    const char* name;
    Kind kind;
    /// What happens instead.
    const char* instead;
};

constexpr const char* fixed_price = "every transaction is sent at ETH_GAS_PRICE_DEFAULT";
constexpr const char* no_history = "no price is estimated from past blocks";
constexpr const char* own_rules = "endpoints are watched and chosen by rules of its own";
constexpr const char* every_head = "every head is looked at when it comes";
constexpr const char* unknown_jobs = "jobs of that kind are adopted, shown and left alone";

/// reference/configuration.md sections 6, 7 and 9.
constexpr Unused unused[] = {
    {"ETH_GAS_BUMP_WEI", Kind::wei, fixed_price},
    {"ETH_GAS_BUMP_PERCENT", Kind::number, fixed_price},
    {"ETH_GAS_BUMP_THRESHOLD", Kind::number, fixed_price},
    {"ETH_GAS_BUMP_TX_DEPTH", Kind::number, fixed_price},
    {"ETH_GAS_LIMIT_TRANSFER", Kind::number, "no plain transfers are sent"},
    {"EVM_GAS_FEE_CAP_DEFAULT", Kind::wei, fixed_price},
    {"EVM_GAS_TIP_CAP_DEFAULT", Kind::wei, fixed_price},
    {"EVM_GAS_TIP_CAP_MINIMUM", Kind::wei, fixed_price},
    {"BLOCK_HISTORY_ESTIMATOR_BATCH_SIZE", Kind::number, no_history},
    {"BLOCK_HISTORY_ESTIMATOR_BLOCK_DELAY", Kind::number, no_history},
    {"BLOCK_HISTORY_ESTIMATOR_BLOCK_HISTORY_SIZE", Kind::number, no_history},
    {"BLOCK_HISTORY_ESTIMATOR_CHECK_INCLUSION_BLOCKS", Kind::number, no_history},
    {"BLOCK_HISTORY_ESTIMATOR_CHECK_INCLUSION_PERCENTILE", Kind::percent, no_history},
    {"BLOCK_HISTORY_ESTIMATOR_EIP1559_FEE_CAP_BUFFER_BLOCKS", Kind::number, no_history},
    {"BLOCK_HISTORY_ESTIMATOR_TRANSACTION_PERCENTILE", Kind::percent, no_history},
    {"NODE_NO_NEW_HEADS_THRESHOLD", Kind::duration, own_rules},
    {"NODE_POLL_FAILURE_THRESHOLD", Kind::number, own_rules},
    {"NODE_POLL_INTERVAL", Kind::duration, own_rules},
    {"NODE_SELECTION_MODE", Kind::selection, own_rules},
    {"NODE_SYNC_THRESHOLD", Kind::number, own_rules},
    {"ETH_HEAD_TRACKER_MAX_BUFFER_SIZE", Kind::number, every_head},
    {"ETH_HEAD_TRACKER_SAMPLING_INTERVAL", Kind::duration, every_head},
    {"EVM_EIP1559_DYNAMIC_FEES", Kind::on, "legacy transactions are sent"},
    {"FEATURE_EXTERNAL_INITIATORS", Kind::on, "webhook jobs are started by users only"},
    {"AUDIT_LOGGER_ENABLED", Kind::on, "no audit log is written"},
    {"AUTO_PPROF_ENABLED", Kind::on, "it does not profile itself"},
    {"PYROSCOPE_SERVER_ADDRESS", Kind::text, "it does not profile itself"},
    {"SENTRY_DSN", Kind::text, "errors are in the log and in the metrics only"},
    {"EXPLORER_URL", Kind::text, "nothing is sent to an explorer"},
    {"TELEMETRY_INGRESS_URL", Kind::text, "no telemetry is sent"},
    {"MFA_RPID", Kind::text, "logins have no second factor"},
    {"FEATURE_FEEDS_MANAGER", Kind::on, "no job proposals are received"},
    {"FEATURE_OFFCHAIN_REPORTING", Kind::on, unknown_jobs},
    {"FEATURE_OFFCHAIN_REPORTING2", Kind::on, unknown_jobs},
    {"ETH_USE_FORWARDERS", Kind::on, "transactions are sent without forwarders"},
    {"SOLANA_ENABLED", Kind::on, "one EVM chain is served"},
    {"STARKNET_ENABLED", Kind::on, "one EVM chain is served"},
    {"TERRA_ENABLED", Kind::on, "one EVM chain is served"},
    {"ETH_DISABLED", Kind::text, "EVM_RPC_ENABLED says whether an Ethereum node is used"},
    {"EVM_DISABLED", Kind::text, "EVM_ENABLED says whether a chain is served"},
};

void read_selection(const Environment& environment, const std::string& name) {
    const auto mode = environment.text(name, "");
    for (const std::string_view known : {"HighestHead", "RoundRobin", "TotalDifficulty"}) {
        if (mode == known) return;
    }
    throw BadSetting(name, mode, "HighestHead, RoundRobin or TotalDifficulty");
}

/// Throws BadSetting; false when the value asks for nothing that this version does not do anyhow.
bool matters(const Environment& environment, const Unused& setting) {
    switch (setting.kind) {
        case Kind::number:
            environment.uint32(setting.name, 0);
            return true;
        case Kind::percent:
            environment.integer(setting.name, 0, 0, 100);
            return true;
        case Kind::duration:
            environment.duration(setting.name, {});
            return true;
        case Kind::wei:
            environment.wei(setting.name, 0);
            return true;
        case Kind::url:
            environment.url(setting.name, {"http", "https"});
            return true;
        case Kind::on:
            return environment.boolean(setting.name, false);
        case Kind::selection:
            read_selection(environment, setting.name);
            return true;
        case Kind::text:
            return true;
    }
    return true;
}

}  // namespace

std::vector<std::string> unused_setting_warnings(const Environment& environment) {
    std::vector<std::string> lines;
    for (const auto& setting : unused) {
        if (!environment.has(setting.name) || !matters(environment, setting)) continue;
        lines.push_back(std::string(setting.name) +
                        " is set and has no effect in this version: " + setting.instead);
    }
    return lines;
}

}  // namespace baton::app
