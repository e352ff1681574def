#include "baton/app/config.hpp"

#include "baton/app/environment_testing.hpp"

#include <gtest/gtest.h>

namespace baton::app {
namespace {

using Variables = std::map<std::string, std::string>;

/// A valid environment of a node with one chain, changed as given.
Variables with(const Variables& changes) {
    Variables all{{"HOME", "/home/op"},
                  {"ETH_URL", "ws://localhost:8546"},
                  {"ETH_CHAIN_ID", "1337"},
                  {"DATABASE_URL", "postgresql://u:pa55word@h/db"}};
    for (const auto& [name, value] : changes)
        all[name] = value;
    return all;
}
Config load(const Variables& changes = {}) {
    return load_config(environment_of(with(changes)));
}
std::string refusal(const Variables& changes) {
    return refusal_of([&] { load(changes); });
}

TEST(Config, HasTheDefaultsOfV1) {
    const auto config = load();
    EXPECT_FALSE(config.dev);
    EXPECT_EQ(config.root, "/home/op/.chainlink");
    EXPECT_EQ(config.shutdown_grace, std::chrono::seconds(5));
    EXPECT_EQ(config.database.locking_mode, model::LockingMode::dual);
    EXPECT_EQ(config.database.lease_duration, std::chrono::seconds(10));
    EXPECT_EQ(config.database.lease_refresh_interval, std::chrono::seconds(1));
    EXPECT_EQ(config.database.advisory_lock_id, 1027321974924625846);
    EXPECT_EQ(config.database.query_timeout, std::chrono::seconds(10));
    EXPECT_EQ(config.database.lock_timeout, std::chrono::seconds(15));
    EXPECT_EQ(config.database.idle_in_transaction_timeout, std::chrono::hours(1));
    EXPECT_EQ(config.database.max_open, 20);
    EXPECT_EQ(config.database.max_idle, 10);
    EXPECT_TRUE(config.database.migrate);
    EXPECT_EQ(config.log.level, LogLevel::info);
    EXPECT_FALSE(config.log.json_console || config.log.unix_timestamps || config.log.color);
    EXPECT_EQ(config.log.directory, config.root);
    EXPECT_EQ(config.log.file_max_size, 5'120'000'000U);
    EXPECT_EQ(config.log.file_max_backups, 1);
    EXPECT_EQ(config.web.http_port, 6688);
    EXPECT_EQ(config.web.tls_port, 6689);
    EXPECT_EQ(config.web.tls_cert, "/home/op/.chainlink/tls/server.crt");
    EXPECT_EQ(config.web.tls_key, "/home/op/.chainlink/tls/server.key");
    EXPECT_TRUE(config.web.secure_cookies);
    EXPECT_EQ(config.web.allow_origins, "http://localhost:3000,http://localhost:6688");
    EXPECT_EQ(config.web.session_timeout, std::chrono::minutes(15));
    EXPECT_EQ(config.web.reaper_expiration, std::chrono::hours(240));
    EXPECT_EQ(config.web.authenticated_limit, 1000);
    EXPECT_EQ(config.web.unauthenticated_limit, 5);
    EXPECT_EQ(config.web.unauthenticated_period, std::chrono::seconds(20));
    EXPECT_EQ(config.web.write_timeout, std::chrono::seconds(10));
    EXPECT_EQ(config.pipeline.http_limit, 32768U);
    EXPECT_EQ(config.pipeline.http_timeout, std::chrono::seconds(15));
    EXPECT_EQ(config.pipeline.max_run_duration, std::chrono::minutes(10));
    EXPECT_EQ(config.pipeline.reaper_interval, std::chrono::hours(1));
    EXPECT_EQ(config.pipeline.reaper_threshold, std::chrono::hours(24));
    EXPECT_FALSE(config.pipeline.external_initiators);
    EXPECT_EQ(config.ha.suspect_after, std::chrono::seconds(2));
    EXPECT_TRUE(config.warnings.empty());
}

TEST(Config, TheRootIsWhereItIsSaid) {
    EXPECT_EQ(load({{"ROOT", "/data"}}).root, "/data");
    EXPECT_EQ(load({{"ROOT", "~/node"}}).root, "/home/op/node");
    EXPECT_EQ(root_directory(environment_of({{"HOME", "/h"}})), "/h/.chainlink");
    EXPECT_EQ(load({{"ROOT", "/data"}, {"LOG_FILE_DIR", "/logs"}}).log.directory, "/logs");
}

TEST(Config, TheLockingModeIsOneOfFour) {
    EXPECT_EQ(load({{"DATABASE_LOCKING_MODE", "lease"}}).database.locking_mode, model::LockingMode::lease);
    EXPECT_EQ(load({{"DATABASE_LOCKING_MODE", "advisorylock"}}).database.locking_mode,
              model::LockingMode::advisorylock);
    EXPECT_EQ(load({{"DATABASE_LOCKING_MODE", "none"}}).database.locking_mode, model::LockingMode::none);
    EXPECT_EQ(refusal({{"DATABASE_LOCKING_MODE", "both"}}),
              "config validation failed: unrecognised value for DATABASE_LOCKING_MODE: both (valid options "
              "are 'dual', "
              "'lease', 'advisorylock' or 'none')");
}

TEST(Config, TheLeaseIsRenewedAtLeastTwiceInItsTime) {
    EXPECT_EQ(refusal({{"LEASE_LOCK_DURATION", "10s"}, {"LEASE_LOCK_REFRESH_INTERVAL", "5s"}}), "");
    EXPECT_EQ(refusal({{"LEASE_LOCK_DURATION", "10s"}, {"LEASE_LOCK_REFRESH_INTERVAL", "5001ms"}}),
              "config validation failed: LEASE_LOCK_REFRESH_INTERVAL must be less than or equal to half of "
              "LEASE_LOCK_DURATION (got LEASE_LOCK_REFRESH_INTERVAL=5.001s, LEASE_LOCK_DURATION=10s)");
}

TEST(Config, SuspicionLiesBetweenHalfASecondAndHalfTheLease) {
    EXPECT_TRUE(load({}).ha.forward_writes);
    EXPECT_FALSE(load({{"HA_FORWARD_WRITES", "false"}}).ha.forward_writes);
    EXPECT_EQ(load({{"HA_FORWARD_TIMEOUT", "1m"}}).ha.forward_timeout, std::chrono::minutes(1));
    EXPECT_NE(refusal({{"HA_FORWARD_TIMEOUT", "10ms"}}).find("HA_FORWARD_TIMEOUT"), std::string::npos);
    EXPECT_EQ(refusal({{"HA_SUSPECT_AFTER", "500ms"}}), "");
    EXPECT_EQ(refusal({{"HA_SUSPECT_AFTER", "5s"}}), "");
    for (const auto* bad : {"499ms", "5001ms"})
        EXPECT_NE(refusal({{"HA_SUSPECT_AFTER", bad}}).find("HA_SUSPECT_AFTER"), std::string::npos) << bad;
    EXPECT_NE(refusal({{"HA_SUSPECT_AFTER", "3s"}, {"LEASE_LOCK_DURATION", "4s"}}), "");
}

TEST(Config, QuestionsToTheDatabaseHaveSomeTime) {
    EXPECT_EQ(refusal({{"DATABASE_DEFAULT_QUERY_TIMEOUT", "1ms"}}), "");
    for (const std::string bad : {"0s", "0", "1us"}) {
        EXPECT_EQ(refusal({{"DATABASE_DEFAULT_QUERY_TIMEOUT", bad}}),
                  "config validation failed: DATABASE_DEFAULT_QUERY_TIMEOUT=\"" + bad +
                      "\": expected at least 1ms: nothing can be asked in no time");
    }
}

TEST(Config, OnePortAtLeastIsOpen) {
    EXPECT_EQ(refusal({{"CHAINLINK_PORT", "0"}}), "");
    EXPECT_EQ(refusal({{"CHAINLINK_TLS_PORT", "0"}}), "");
    EXPECT_NE(refusal({{"CHAINLINK_PORT", "0"}, {"CHAINLINK_TLS_PORT", "0"}}), "");
    EXPECT_EQ(load({{"CHAINLINK_PORT", "0"}, {"HA_NAME", ""}}).ha.advertise_url.substr(0, 8), "https://");
}

TEST(Config, AnInstanceHasANameAndAnAddress) {
    const auto config = load({{"CHAINLINK_PORT", "7000"}});
    EXPECT_TRUE(config.ha.name.ends_with(":7000")) << config.ha.name;
    EXPECT_TRUE(config.ha.advertise_url.starts_with("http://")) << config.ha.advertise_url;
    EXPECT_TRUE(config.ha.advertise_url.ends_with(":7000")) << config.ha.advertise_url;
    const auto named = load({{"HA_NAME", "left"}, {"HA_ADVERTISE_URL", "https://left.example"}});
    EXPECT_EQ(named.ha.name, "left");
    EXPECT_EQ(named.ha.advertise_url, "https://left.example");
    EXPECT_EQ(named.ha.priority, 0);
    EXPECT_EQ(load({{"HA_PRIORITY", "-5"}}).ha.priority, -5);
    for (const auto* bad : {"high", "1001", "1.5"})
        EXPECT_NE(refusal({{"HA_PRIORITY", bad}}).find("HA_PRIORITY"), std::string::npos) << bad;
    EXPECT_NE(refusal({{"HA_NAME", std::string(201, 'x')}}), "");
    EXPECT_NE(refusal({{"HA_ADVERTISE_URL", "left.example"}}), "");
}

TEST(Config, EndpointsComeFromTheirUrls) {
    const auto config =
        load({{"ETH_HTTP_URL", "http://localhost:8545"}, {"ETH_SECONDARY_URLS", "http://a,http://b"}});
    ASSERT_EQ(config.evm.nodes.size(), 3U);
    EXPECT_EQ(config.evm.chain_id, BigInt(1337));
    EXPECT_EQ(config.evm.nodes[0].name, "primary-0-1337");
    EXPECT_EQ(config.evm.nodes[0].ws_url, "ws://localhost:8546");
    EXPECT_EQ(config.evm.nodes[0].http_url, "http://localhost:8545");
    EXPECT_FALSE(config.evm.nodes[0].send_only);
    EXPECT_EQ(config.evm.nodes[2].name, "sendonly-1-1337");
    EXPECT_EQ(config.evm.nodes[2].http_url, "http://b");
    EXPECT_EQ(config.evm.nodes[2].ws_url, "");
    EXPECT_TRUE(config.evm.nodes[2].send_only);
    EXPECT_EQ(load({{"ETH_SECONDARY_URL", "http://old"}}).evm.nodes[1].http_url, "http://old");
}

TEST(Config, EndpointsThatMakeNoSenseAreRefused) {
    EXPECT_EQ(refusal({{"ETH_CHAIN_ID", ""}}),
              "config validation failed: ETH_CHAIN_ID must be set when ETH_URL is set");
    EXPECT_EQ(refusal({{"EVM_NODES", "[]"}}),
              "config validation failed: cannot set both ETH_URL and EVM_NODES");
    EXPECT_NE(refusal({{"ETH_URL", "http://localhost:8545"}}), "") << "new heads need a WebSocket";
    EXPECT_NE(refusal({{"ETH_HTTP_URL", "ws://localhost:8545"}}), "");
    EXPECT_NE(refusal({{"ETH_SECONDARY_URLS", "ws://a"}}), "");
}

TEST(Config, EndpointsMayBeListed) {
    const std::string list =
        R"([{"name": "a", "evmChainId": "1337", "wsUrl": "ws://a", "httpUrl": "http://a"},
        {"name": "b", "evmChainId": 5, "wsUrl": "ws://b"},
        {"name": "c", "evmChainId": 1337, "httpUrl": "http://c", "sendOnly": true}])";
    const auto config = load({{"ETH_URL", ""}, {"ETH_CHAIN_ID", ""}, {"EVM_NODES", list}});
    EXPECT_EQ(config.evm.chain_id, BigInt(1337)) << "the first one";
    ASSERT_EQ(config.evm.nodes.size(), 2U);
    EXPECT_EQ(config.evm.nodes[0].name, "a");
    EXPECT_EQ(config.evm.nodes[0].ws_url, "ws://a");
    EXPECT_TRUE(config.evm.nodes[1].send_only);
    ASSERT_EQ(config.warnings.size(), 1U);
    EXPECT_NE(config.warnings[0].find("\"b\""), std::string::npos);
    const auto other = load({{"ETH_URL", ""}, {"ETH_CHAIN_ID", "5"}, {"EVM_NODES", list}});
    ASSERT_EQ(other.evm.nodes.size(), 1U);
    EXPECT_EQ(other.evm.nodes[0].name, "b");
    for (const auto* bad : {"{}", "[1]", "nonsense", R"([{"evmChainId": 1, "wsUrl": "ws://a"}])",
                            R"([{"name": "a", "wsUrl": "ws://pa55word@a"}])",
                            R"([{"name": "a", "evmChainId": 1, "wsUrl": "http://u:pa55word@a"}])",
                            R"([{"name": "a", "evmChainId": 1, "httpUrl": "http://a"}])",
                            R"([{"name": "a", "evmChainId": 1, "httpUrl": "http://a", "sendOnly": true}])"}) {
        const auto text = refusal({{"ETH_URL", ""}, {"ETH_CHAIN_ID", ""}, {"EVM_NODES", bad}});
        EXPECT_TRUE(text.starts_with("config validation failed: EVM_NODES=")) << bad << ": " << text;
        EXPECT_EQ(text.find("pa55word"), std::string::npos);
    }
}

TEST(Config, NamesInTheListOfEndpointsHaveAnyCase) {
    const auto config = load(
        {{"ETH_URL", ""},
         {"ETH_CHAIN_ID", ""},
         {"EVM_NODES",
          R"([{"Name": "a", "EVMChainID": "1337", "WSURL": "ws://a", "HTTPURL": "http://a", "SendOnly": false}])"}});
    ASSERT_EQ(config.evm.nodes.size(), 1U);
    EXPECT_EQ(config.evm.nodes[0].name, "a");
    EXPECT_EQ(config.evm.nodes[0].ws_url, "ws://a");
    EXPECT_EQ(config.evm.nodes[0].http_url, "http://a");
    EXPECT_EQ(config.evm.chain_id, BigInt(1337));
}

TEST(Config, WhatV1AcceptsIsAccepted) {
    EXPECT_EQ(load({{"LOG_LEVEL", "INFO"}}).log.level, LogLevel::info);
    EXPECT_EQ(load({{"LOG_LEVEL", "Debug"}}).log.level, LogLevel::debug);
    for (const auto& [given, used] : std::map<std::string, int>{{"1", 4}, {"0", 20}, {"4", 4}, {"50", 50}}) {
        const auto config = load({{"ORM_MAX_OPEN_CONNS", given}});
        EXPECT_EQ(config.database.max_open, used) << given;
        EXPECT_EQ(config.warnings.size(), given.size() == 1 && given != "4" ? 1U : 0U) << given;
    }
}

TEST(Config, WithoutAnEndpointTheOthersAreWarnedAbout) {
    const auto config =
        load({{"ETH_URL", ""}, {"ETH_HTTP_URL", "http://a"}, {"ETH_SECONDARY_URLS", "http://b"}});
    EXPECT_TRUE(config.evm.nodes.empty());
    ASSERT_EQ(config.warnings.size(), 2U);
    EXPECT_NE(config.warnings[0].find("ETH_HTTP_URL"), std::string::npos);
    EXPECT_NE(config.warnings[1].find("ETH_SECONDARY_URLS"), std::string::npos);
}

TEST(Config, WhatV1RefusesIsRefused) {
    EXPECT_NE(refusal({{"MINIMUM_CONTRACT_PAYMENT", "1"}}).find("MINIMUM_CONTRACT_PAYMENT_LINK_JUELS"),
              std::string::npos);
    EXPECT_NE(refusal({{"CHAIN_TYPE", "solana"}}).find("CHAIN_TYPE"), std::string::npos);
    EXPECT_EQ(refusal({{"CHAIN_TYPE", "arbitrum"}}), "");
    EXPECT_NE(refusal({{"SKIP_DATABASE_PASSWORD_COMPLEXITY_CHECK", "maybe"}}), "");
    EXPECT_NE(refusal({{"LOG_LEVEL", "loud"}}).find("LOG_LEVEL"), std::string::npos);
    EXPECT_NE(refusal({{"ETH_FINALITY_DEPTH", "deep"}}).find("ETH_FINALITY_DEPTH"), std::string::npos);
    EXPECT_NE(refusal({{"ETH_GAS_LIMIT_MULTIPLIER", "x"}}).find("ETH_GAS_LIMIT_MULTIPLIER"),
              std::string::npos)
        << "per-chain variables are looked at before the start, not in a takeover";
}

TEST(Config, WhatDependsOnTheChainIsNotJudgedBeforeItIsKnown) {
    const Variables unknown{{"ETH_URL", ""}, {"ETH_CHAIN_ID", ""}};
    auto deep = unknown;
    deep["ETH_FINALITY_DEPTH"] = "200";
    EXPECT_EQ(refusal(deep), "") << "right for chain 137, which keeps 2000 heads";
    EXPECT_EQ(refusal({{"ETH_MIN_GAS_PRICE_WEI", "30gwei"}}), "") << "the database may have a higher price";
}

TEST(Config, ItSaysWhatThisVersionDoesNotDo) {
    EXPECT_NE(refusal({{"CL_CONFIG", "[[EVM]]"}}).find("CL_CONFIG"), std::string::npos);
    const auto config = load({{"GAS_ESTIMATOR_MODE", "BlockHistory"}, {"EVM_EIP1559_DYNAMIC_FEES", "true"}});
    ASSERT_EQ(config.warnings.size(), 2U);
    EXPECT_NE(config.warnings[0].find("GAS_ESTIMATOR_MODE=BlockHistory"), std::string::npos);
    EXPECT_NE(config.warnings[1].find("EVM_EIP1559_DYNAMIC_FEES"), std::string::npos);
}

TEST(Config, WhatV1WouldHonourIsReadAndWarnedAbout) {
    EXPECT_NE(refusal({{"ETH_GAS_BUMP_PERCENT", "many"}}).find("ETH_GAS_BUMP_PERCENT"), std::string::npos);
    EXPECT_NE(refusal({{"NODE_SELECTION_MODE", "Fastest"}}).find("NODE_SELECTION_MODE"), std::string::npos);
    EXPECT_NE(refusal({{"BRIDGE_RESPONSE_URL", "me"}}).find("BRIDGE_RESPONSE_URL"), std::string::npos);
    const auto config = load({{"ETH_GAS_BUMP_WEI", "5 gwei"},
                              {"NODE_SELECTION_MODE", "RoundRobin"},
                              {"NODE_POLL_INTERVAL", "10s"},
                              {"BLOCK_HISTORY_ESTIMATOR_TRANSACTION_PERCENTILE", "60"},
                              {"FEATURE_EXTERNAL_INITIATORS", "false"}});
    ASSERT_EQ(config.warnings.size(), 4U);
    EXPECT_TRUE(config.warnings[0].starts_with("ETH_GAS_BUMP_WEI is set and has no effect"))
        << config.warnings[0];
}

TEST(Config, NoPartOfV1ThatIsAbsentIsAskedForInSilence) {
    EXPECT_TRUE(load({{"SOLANA_ENABLED", "false"}}).warnings.empty());
    const auto config =
        load({{"AUDIT_LOGGER_ENABLED", "true"}, {"SENTRY_DSN", "https://key@sentry.example/1"}});
    ASSERT_EQ(config.warnings.size(), 2U);
    EXPECT_NE(config.warnings[0].find("AUDIT_LOGGER_ENABLED"), std::string::npos);
    EXPECT_EQ(config.warnings[1].find("key@"), std::string::npos) << "the value may be a secret";
}

TEST(Config, BackupsAreAsInV1) {
    const auto unset = load().backup;
    EXPECT_EQ(unset.mode, BackupConfig::Mode::none);
    EXPECT_FALSE(unset.periodic() || unset.before_upgrade());
    const auto lite = load({{"DATABASE_BACKUP_MODE", "lite"}}).backup;
    EXPECT_EQ(lite.frequency, std::chrono::hours(1));
    EXPECT_EQ(lite.directory, "/home/op/.chainlink/backup");
    EXPECT_TRUE(lite.periodic() && lite.before_upgrade());
    const auto full = load({{"DATABASE_BACKUP_MODE", "full"},
                            {"DATABASE_BACKUP_FREQUENCY", "0"},
                            {"DATABASE_BACKUP_DIR", "/backups"},
                            {"DATABASE_BACKUP_URL", "postgresql://replica/db"},
                            {"DATABASE_BACKUP_ON_VERSION_UPGRADE", "false"}})
                          .backup;
    EXPECT_EQ(full.mode, BackupConfig::Mode::full);
    EXPECT_EQ(full.directory, "/backups");
    EXPECT_EQ(full.url.reveal(), "postgresql://replica/db");
    EXPECT_FALSE(full.periodic() || full.before_upgrade());
}

TEST(Config, ABackupThatCannotBeIsRefused) {
    EXPECT_NE(refusal({{"DATABASE_BACKUP_MODE", "daily"}}).find("DATABASE_BACKUP_MODE"), std::string::npos);
    const Variables often{{"DATABASE_BACKUP_MODE", "full"}, {"DATABASE_BACKUP_FREQUENCY", "59s"}};
    EXPECT_NE(refusal(often).find("DATABASE_BACKUP_FREQUENCY"), std::string::npos);
    EXPECT_EQ(refusal({{"DATABASE_BACKUP_FREQUENCY", "59s"}}), "") << "nothing is backed up";
    const auto text = refusal({{"DATABASE_BACKUP_URL", "mysql://u:pa55word@h/db"}});
    EXPECT_NE(text.find("DATABASE_BACKUP_URL"), std::string::npos);
    EXPECT_EQ(text.find("pa55word"), std::string::npos) << text;
}

TEST(Config, DevelopmentModeHasTwoNames) {
    EXPECT_TRUE(load({{"CHAINLINK_DEV", "true"}}).dev);
    EXPECT_TRUE(load({{"CL_DEV", "true"}}).dev);
    EXPECT_FALSE(load({{"CL_DEV", "false"}}).dev);
    EXPECT_NE(refusal({{"CL_DEV", "true"}, {"CHAINLINK_DEV", "false"}}).find("CL_DEV"), std::string::npos);
    EXPECT_EQ(refusal({{"CL_DEV", "true"}, {"CHAINLINK_DEV", "true"}}), "");
}

TEST(Config, ADatabaseUrlThatCannotBeReadIsNamedAndNotShown) {
    for (const auto* bad :
         {"postgresql://u:pa55word@h:99999/db", "postgresql://u:pa55%zz@h/db", "pa55word"}) {
        const auto text = refusal({{"DATABASE_URL", bad}});
        EXPECT_TRUE(text.starts_with("config validation failed: DATABASE_URL=\"(not shown)\"")) << text;
        EXPECT_EQ(text.find("pa55"), std::string::npos) << text;
    }
}

TEST(Config, ADatabasePasswordIsInNoMessage) {
    for (const auto& [name, value] :
         Variables{{"LEASE_LOCK_REFRESH_INTERVAL", "9s"}, {"CHAINLINK_PORT", "x"}})
        EXPECT_EQ(refusal({{name, value}}).find("pa55word"), std::string::npos);
}

}  // namespace
}  // namespace baton::app
