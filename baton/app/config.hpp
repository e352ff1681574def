#pragma once

#include "baton/app/backup_config.hpp"
#include "baton/app/environment.hpp"
#include "baton/base/log.hpp"
#include "baton/base/secret.hpp"
#include "baton/model/chain.hpp"
#include "baton/model/leadership.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace baton::app {

// The settings of reference/configuration.md that this version honours, by section. All are read once, at
// start.

struct DatabaseConfig {
    /// Empty: the private PostgreSQL (design section 8).
    Secret url;
    model::LockingMode locking_mode = model::LockingMode::dual;
    std::chrono::milliseconds lease_duration{10'000};
    std::chrono::milliseconds lease_refresh_interval{1'000};
    std::chrono::milliseconds advisory_check_interval{1'000};
    std::int64_t advisory_lock_id = 1027321974924625846;
    std::chrono::milliseconds query_timeout{10'000};
    std::chrono::milliseconds lock_timeout{15'000};
    std::chrono::milliseconds idle_in_transaction_timeout{3'600'000};
    int max_open = 20;
    int max_idle = 10;
    bool migrate = true;
    bool skip_password_check = false;
};

struct LogConfig {
    LogLevel level = LogLevel::info;
    bool json_console = false;
    bool unix_timestamps = false;
    bool color = false;
    std::filesystem::path directory;
    /// 0: no file.
    std::uint64_t file_max_size = 5'120'000'000;
    std::int64_t file_max_age_days = 0;
    std::int64_t file_max_backups = 1;
};

struct WebConfig {
    std::uint16_t http_port = 6688;
    std::uint16_t tls_port = 6689;
    std::filesystem::path tls_cert;
    std::filesystem::path tls_key;
    std::string tls_host;
    bool tls_redirect = false;
    bool secure_cookies = true;
    std::string allow_origins = "http://localhost:3000,http://localhost:6688";
    std::chrono::nanoseconds session_timeout{std::chrono::minutes(15)};
    std::chrono::nanoseconds reaper_expiration{std::chrono::hours(240)};
    std::int64_t authenticated_limit = 1000;
    std::chrono::nanoseconds authenticated_period{std::chrono::minutes(1)};
    std::int64_t unauthenticated_limit = 5;
    std::chrono::nanoseconds unauthenticated_period{std::chrono::seconds(20)};
    std::chrono::nanoseconds write_timeout{std::chrono::seconds(10)};
    std::optional<std::string> bridge_response_url;
    std::chrono::nanoseconds bridge_cache_ttl{0};
};

/// For the operator, when a login over plain HTTP cannot work; empty when it can.
std::string cookie_warning(const WebConfig& web);

struct PipelineConfig {
    std::uint32_t http_limit = 32'768;
    std::chrono::nanoseconds http_timeout{std::chrono::seconds(15)};
    bool external_initiators = false;
    std::chrono::nanoseconds max_run_duration{std::chrono::minutes(10)};
    std::chrono::nanoseconds reaper_interval{std::chrono::hours(1)};
    std::chrono::nanoseconds reaper_threshold{std::chrono::hours(24)};
};

struct RpcNodeConfig {
    std::string name;
    std::string ws_url;
    std::string http_url;
    bool send_only = false;
};

struct EvmConfig {
    bool enabled = true;
    bool rpc_enabled = true;
    /// Mandatory with ETH_URL; otherwise chain and nodes come from the database.
    std::optional<BigInt> chain_id;
    /// From ETH_URL, ETH_HTTP_URL, ETH_SECONDARY_URLS or EVM_NODES; empty: from the database.
    std::vector<RpcNodeConfig> nodes;
};

struct HighAvailabilityConfig {
    /// HA_NAME, default <host name>:<port>.
    std::string name;
    /// HA_ADVERTISE_URL, default http://<first address>:<port>.
    std::string advertise_url;
    /// HA_SUSPECT_AFTER, from 500 ms to half of the lease duration.
    std::chrono::milliseconds suspect_after{2'000};
    /// HA_FORWARD_WRITES: a standby passes on to the leader what only he may do; otherwise it answers 503.
    bool forward_writes = true;
    /// HA_FORWARD_TIMEOUT, from 1 s: within it such a call is answered, or 503.
    std::chrono::milliseconds forward_timeout{30'000};
    /// HA_PRIORITY: of several standbys the one with the higher takes over first.
    std::int32_t priority = 0;
};

struct Config {
    bool dev = false;
    std::filesystem::path root;
    std::chrono::nanoseconds shutdown_grace{std::chrono::seconds(5)};
    bool insecure_fast_scrypt = false;
    DatabaseConfig database;
    BackupConfig backup;
    LogConfig log;
    WebConfig web;
    PipelineConfig pipeline;
    EvmConfig evm;
    HighAvailabilityConfig ha;
    Environment environment;
    /// Settings that are accepted but have no effect, or a lesser one, in this version: one sentence each,
    /// logged at start.
    std::vector<std::string> warnings;
};

/// Throws BadSetting (or InvalidInput for combinations) with one line for the operator.
Config load_config(Environment environment);
/// Only what the command line's client side needs: root directory.
std::filesystem::path root_directory(const Environment& environment);

/// Reads every per-chain variable, so that one that cannot be read stops the start. Whether the values go
/// together depends on the chain and its evm_chains.cfg: chain_settings() looks at that.
void parse_chain_variables(const Environment& environment);

/// For the operator, when v1.11.0 would estimate prices or send EIP-1559 transactions on this chain and
/// nothing in the environment says otherwise; else empty.
std::string gas_mode_warning(const BigInt& chain_id, const std::string& database_config,
                             const Environment& environment);

/// Settings of a chain: built-in defaults of its id, then evm_chains.cfg (JSON text), then the environment
/// (reference/configuration.md sections 1, 9, 11). Throws BadSetting or InvalidInput.
model::ChainSettings chain_settings(const BigInt& chain_id, const std::string& database_config,
                                    const Environment& environment);

}  // namespace baton::app
