#include "baton/app/config.hpp"

#include "baton/app/unused_settings.hpp"
#include "baton/codec/json.hpp"
#include "baton/pg/url.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace baton::app {

namespace {

std::filesystem::path home_directory(const Environment& environment) {
    if (const auto home = environment.text("HOME")) return *home;
    const auto* user = getpwuid(getuid());
    return user ? user->pw_dir : "/";
}

model::LockingMode locking_mode(const Environment& environment) {
    const auto text = environment.text("DATABASE_LOCKING_MODE", "dual");
    try {
        return model::parse_locking_mode(text);
    } catch (const Error&) {
        throw InvalidInput("config validation failed: unrecognised value for DATABASE_LOCKING_MODE: " + text +
                           " (valid options are 'dual', 'lease', 'advisorylock' or 'none')");
    }
}

void check_database_url(const Secret& url) {
    try {
        const auto parsed = pg::DatabaseUrl::parse(url);
        static_cast<void>(parsed);
    } catch (const InvalidInput& error) {
        throw BadSetting("DATABASE_URL", "(not shown)", std::string("a database URL: ") + error.what());
    }
}

/// The lock sessions have connections of their own: these are for the work. 0 is "no limit" in v1.11.0.
int max_open_connections(const Environment& environment, int fallback, std::vector<std::string>& warnings) {
    constexpr int least = 4;
    const auto wanted = static_cast<int>(environment.integer("ORM_MAX_OPEN_CONNS", fallback, 0, 1000));
    if (wanted >= least) return wanted;
    const int used = wanted == 0 ? fallback : least;
    warnings.push_back("ORM_MAX_OPEN_CONNS=" + std::to_string(wanted) + " cannot be used: " +
                       (wanted == 0 ? "there is always a limit" : "the node needs more") + ", it is " +
                       std::to_string(used) + " now");
    return used;
}

/// v1.11.0 ends as well with 0, at its first question.
std::chrono::milliseconds query_timeout(const Environment& environment, std::chrono::milliseconds fallback) {
    const std::string name = "DATABASE_DEFAULT_QUERY_TIMEOUT";
    const auto timeout = environment.milliseconds(name, fallback);
    if (timeout.count() > 0) return timeout;
    throw BadSetting(name, environment.text(name, ""), "at least 1ms: nothing can be asked in no time");
}

DatabaseConfig load_database(const Environment& environment, std::vector<std::string>& warnings) {
    DatabaseConfig config;
    config.url = Secret(environment.text("DATABASE_URL", ""));
    check_database_url(config.url);
    config.locking_mode = locking_mode(environment);
    config.lease_duration = environment.milliseconds("LEASE_LOCK_DURATION", config.lease_duration);
    config.lease_refresh_interval =
        environment.milliseconds("LEASE_LOCK_REFRESH_INTERVAL", config.lease_refresh_interval);
    config.advisory_check_interval =
        environment.milliseconds("ADVISORY_LOCK_CHECK_INTERVAL", config.advisory_check_interval);
    config.advisory_lock_id =
        environment.integer("ADVISORY_LOCK_ID", config.advisory_lock_id, INT64_MIN, INT64_MAX);
    config.query_timeout = query_timeout(environment, config.query_timeout);
    config.lock_timeout = environment.milliseconds("DATABASE_DEFAULT_LOCK_TIMEOUT", config.lock_timeout);
    config.idle_in_transaction_timeout = environment.milliseconds(
        "DATABASE_DEFAULT_IDLE_IN_TX_SESSION_TIMEOUT", config.idle_in_transaction_timeout);
    config.max_open = max_open_connections(environment, config.max_open, warnings);
    config.max_idle = static_cast<int>(environment.integer("ORM_MAX_IDLE_CONNS", config.max_idle, 0, 1000));
    config.migrate = environment.boolean("MIGRATE_DATABASE", config.migrate);
    config.skip_password_check = environment.boolean("SKIP_DATABASE_PASSWORD_COMPLEXITY_CHECK", false);
    if (config.lease_refresh_interval > config.lease_duration / 2) {
        throw InvalidInput(
            "config validation failed: LEASE_LOCK_REFRESH_INTERVAL must be less than or equal to half of "
            "LEASE_LOCK_DURATION (got LEASE_LOCK_REFRESH_INTERVAL=" +
            to_go_duration(config.lease_refresh_interval) +
            ", LEASE_LOCK_DURATION=" + to_go_duration(config.lease_duration) + ")");
    }
    return config;
}

LogLevel log_level(const Environment& environment) {
    const auto given = environment.text("LOG_LEVEL", "info");
    const auto text = lowered(given);
    if (text == "debug") return LogLevel::debug;
    if (text == "info") return LogLevel::info;
    if (text == "warn") return LogLevel::warn;
    if (text == "error") return LogLevel::error;
    if (text == "crit" || text == "dpanic") return LogLevel::critical;
    if (text == "panic") return LogLevel::panic;
    if (text == "fatal") return LogLevel::fatal;
    throw BadSetting("LOG_LEVEL", given, "debug, info, warn, error, crit, panic or fatal");
}

LogConfig load_log(const Environment& environment, const std::filesystem::path& root) {
    LogConfig config;
    config.level = log_level(environment);
    config.json_console = environment.boolean("JSON_CONSOLE", false);
    config.unix_timestamps = environment.boolean("LOG_UNIX_TS", false);
    config.color = environment.text("LOG_COLOR", "") == "true";
    config.directory = environment.text("LOG_FILE_DIR", root.string());
    config.file_max_size = environment.size("LOG_FILE_MAX_SIZE", config.file_max_size);
    config.file_max_age_days = environment.integer("LOG_FILE_MAX_AGE", 0, 0, 100'000);
    config.file_max_backups = environment.integer("LOG_FILE_MAX_BACKUPS", 1, 0, 100'000);
    return config;
}

WebConfig load_web(const Environment& environment, const std::filesystem::path& root) {
    WebConfig config;
    config.http_port = environment.port("CHAINLINK_PORT", config.http_port);
    config.tls_port = environment.port("CHAINLINK_TLS_PORT", config.tls_port);
    config.tls_cert = environment.text("TLS_CERT_PATH", (root / "tls" / "server.crt").string());
    config.tls_key = environment.text("TLS_KEY_PATH", (root / "tls" / "server.key").string());
    config.tls_host = environment.text("CHAINLINK_TLS_HOST", "");
    config.tls_redirect = environment.boolean("CHAINLINK_TLS_REDIRECT", false);
    config.secure_cookies = environment.boolean("SECURE_COOKIES", true);
    config.allow_origins = environment.text("ALLOW_ORIGINS", config.allow_origins);
    config.session_timeout = environment.duration("SESSION_TIMEOUT", config.session_timeout);
    config.reaper_expiration = environment.duration("REAPER_EXPIRATION", config.reaper_expiration);
    config.authenticated_limit = environment.integer("AUTHENTICATED_RATE_LIMIT", 1000, 1, INT64_MAX);
    config.authenticated_period =
        environment.duration("AUTHENTICATED_RATE_LIMIT_PERIOD", config.authenticated_period);
    config.unauthenticated_limit = environment.integer("UNAUTHENTICATED_RATE_LIMIT", 5, 1, INT64_MAX);
    config.unauthenticated_period =
        environment.duration("UNAUTHENTICATED_RATE_LIMIT_PERIOD", config.unauthenticated_period);
    config.write_timeout = environment.duration("HTTP_SERVER_WRITE_TIMEOUT", config.write_timeout);
    config.bridge_response_url = environment.url("BRIDGE_RESPONSE_URL", {"http", "https"});
    config.bridge_cache_ttl = environment.duration("BRIDGE_CACHE_TTL", config.bridge_cache_ttl);
    if (config.http_port == 0 && config.tls_port == 0)
        throw InvalidInput(
            "You must specify at least one port to listen on: set CHAINLINK_PORT or CHAINLINK_TLS_PORT");
    return config;
}

PipelineConfig load_pipeline(const Environment& environment) {
    PipelineConfig config;
    config.http_limit = environment.uint32("DEFAULT_HTTP_LIMIT", config.http_limit);
    config.http_timeout = environment.duration("DEFAULT_HTTP_TIMEOUT", config.http_timeout);
    config.external_initiators = environment.boolean("FEATURE_EXTERNAL_INITIATORS", false);
    config.max_run_duration = environment.duration("JOB_PIPELINE_MAX_RUN_DURATION", config.max_run_duration);
    config.reaper_interval = environment.duration("JOB_PIPELINE_REAPER_INTERVAL", config.reaper_interval);
    config.reaper_threshold = environment.duration("JOB_PIPELINE_REAPER_THRESHOLD", config.reaper_threshold);
    return config;
}

std::vector<RpcNodeConfig> nodes_from_urls(const Environment& environment, const BigInt& chain_id) {
    std::vector<RpcNodeConfig> nodes;
    const auto ws = environment.url("ETH_URL", {"ws", "wss"});
    if (!ws) return nodes;
    const auto http = environment.url("ETH_HTTP_URL", {"http", "https"});
    const auto id = to_decimal(chain_id);
    nodes.push_back({"primary-0-" + id, *ws, http.value_or(""), false});
    auto secondary = environment.url_list("ETH_SECONDARY_URLS", {"http", "https"});
    if (secondary.empty()) secondary = environment.url_list("ETH_SECONDARY_URL", {"http", "https"});
    for (std::size_t i = 0; i < secondary.size(); ++i)
        nodes.push_back({"sendonly-" + std::to_string(i) + "-" + id, "", secondary[i], true});
    return nodes;
}

[[noreturn]] void refuse_node_list(const std::string& expected) {
    // Its URLs may hold credentials.
    throw BadSetting("EVM_NODES", "...", expected);
}

struct ListedNode {
    RpcNodeConfig node;
    BigInt chain_id;
};

/// Go's JSON reader, with which v1.11.0 reads the list, ignores the case of names.
codec::Value with_lowered_names(const codec::Value& entry) {
    codec::Map members;
    if (const auto* given = entry.map_or_null()) {
        for (const auto& [name, member] : *given)
            members.insert_or_assign(lowered(name), member);
    }
    return codec::Value::map(std::move(members));
}

ListedNode read_listed_node(const codec::Value& entry) {
    const auto value = with_lowered_names(entry);
    const auto url = [&](std::string_view key, const std::vector<std::string>& schemes) {
        const auto text = codec::string_or(value, key);
        const Environment only([&](const std::string&) -> std::optional<std::string> { return text; });
        return only.url("EVM_NODES", schemes).value_or("");
    };
    ListedNode listed;
    listed.node.name = codec::string_or(value, "name");
    listed.node.send_only = codec::bool_or(value, "sendonly", false);
    if (!listed.node.send_only) listed.node.ws_url = url("wsurl", {"ws", "wss"});
    listed.node.http_url = url("httpurl", {"http", "https"});
    const auto* id = codec::member(value, "evmchainid");
    const auto* text = id ? id->get_if<std::string>() : nullptr;
    const auto number = id ? parse_decimal_integer(text ? *text : codec::write_json(*id)) : std::nullopt;
    if (listed.node.name.empty()) refuse_node_list("a \"name\" in every entry");
    if (!number || *number < 0)
        refuse_node_list("a decimal \"evmChainId\" in the entry \"" + listed.node.name + "\"");
    if (listed.node.send_only ? listed.node.http_url.empty() : listed.node.ws_url.empty())
        refuse_node_list(std::string(listed.node.send_only ? "an \"httpUrl\"" : "a \"wsUrl\"") +
                         " in the entry \"" + listed.node.name + "\"");
    listed.chain_id = *number;
    return listed;
}

/// EVM_NODES: endpoints of several chains, of which this version serves one: ETH_CHAIN_ID, or the first that
/// is listed.
std::vector<RpcNodeConfig> nodes_from_list(const Environment& environment, std::optional<BigInt>& chain_id,
                                           std::vector<std::string>& warnings) {
    codec::Value list;
    try {
        list = codec::read_json(*environment.text("EVM_NODES"));
    } catch (const InvalidInput&) {
        refuse_node_list("a JSON list");
    }
    if (!list.list_or_null()) refuse_node_list("a JSON list");
    std::vector<RpcNodeConfig> nodes;
    for (const auto& value : *list.list_or_null()) {
        auto listed = read_listed_node(value);
        if (!chain_id) chain_id = listed.chain_id;
        if (listed.chain_id == *chain_id) {
            nodes.push_back(std::move(listed.node));
        } else {
            warnings.push_back("EVM_NODES: \"" + listed.node.name +
                               "\" is left alone: this version serves one chain, " + to_decimal(*chain_id));
        }
    }
    const bool has_primary =
        std::any_of(nodes.begin(), nodes.end(), [](const auto& node) { return !node.send_only; });
    if (!nodes.empty() && !has_primary)
        refuse_node_list("at least one entry of chain " + to_decimal(*chain_id) + " that is not sendOnly");
    return nodes;
}

EvmConfig load_evm(const Environment& environment, std::vector<std::string>& warnings) {
    EvmConfig config;
    config.enabled = environment.boolean("EVM_ENABLED", true);
    config.rpc_enabled = environment.boolean("EVM_RPC_ENABLED", true);
    config.chain_id = environment.big("ETH_CHAIN_ID");
    const bool has_url = environment.has("ETH_URL");
    if (has_url && environment.has("EVM_NODES"))
        throw InvalidInput("config validation failed: cannot set both ETH_URL and EVM_NODES");
    if (environment.has("EVM_NODES")) {
        config.nodes = nodes_from_list(environment, config.chain_id, warnings);
        return config;
    }
    if (!has_url) {
        for (const std::string name : {"ETH_HTTP_URL", "ETH_SECONDARY_URLS"}) {
            if (environment.has(name))
                warnings.push_back(name + " is set but ETH_URL is not: it has no effect");
        }
        return config;
    }
    if (!config.chain_id)
        throw InvalidInput("config validation failed: ETH_CHAIN_ID must be set when ETH_URL is set");
    config.nodes = nodes_from_urls(environment, *config.chain_id);
    return config;
}

/// First address of an interface that is up and not loopback; "127.0.0.1" when there is none.
std::string first_address() {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return "127.0.0.1";
    std::string found = "127.0.0.1";
    for (const auto* one = list; one; one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
        const auto* address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
        if ((ntohl(address->sin_addr.s_addr) >> 24) == 127) continue;
        char text[INET_ADDRSTRLEN];
        if (inet_ntop(AF_INET, &address->sin_addr, text, sizeof text)) {
            found = text;
            break;
        }
    }
    freeifaddrs(list);
    return found;
}

HighAvailabilityConfig load_ha(const Environment& environment, const WebConfig& web,
                               const DatabaseConfig& database) {
    HighAvailabilityConfig config;
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const bool plain = web.http_port != 0;
    const auto port = std::to_string(plain ? web.http_port : web.tls_port);
    config.name = environment.text("HA_NAME", std::string(host) + ":" + port);
    if (config.name.size() > 200) throw BadSetting("HA_NAME", config.name, "at most 200 characters");
    config.advertise_url = environment.url("HA_ADVERTISE_URL", {"http", "https"})
                               .value_or((plain ? "http://" : "https://") + first_address() + ":" + port);
    config.forward_writes = environment.boolean("HA_FORWARD_WRITES", config.forward_writes);
    config.forward_timeout = environment.milliseconds("HA_FORWARD_TIMEOUT", config.forward_timeout);
    if (config.forward_timeout < std::chrono::seconds(1))
        throw BadSetting("HA_FORWARD_TIMEOUT", to_go_duration(config.forward_timeout), "a duration from 1s");
    config.priority = static_cast<std::int32_t>(environment.integer("HA_PRIORITY", 0, -1000, 1000));
    // A short lease that v1.11.0 accepts must not be refused for a default of ours.
    const auto suspect_after = std::min(config.suspect_after, database.lease_duration / 2);
    config.suspect_after = environment.milliseconds("HA_SUSPECT_AFTER", suspect_after);
    if (config.suspect_after < std::chrono::milliseconds(500) ||
        config.suspect_after > database.lease_duration / 2) {
        throw BadSetting("HA_SUSPECT_AFTER", to_go_duration(config.suspect_after),
                         "a duration from 500ms to half of LEASE_LOCK_DURATION (" +
                             to_go_duration(database.lease_duration / 2) + ")");
    }
    return config;
}

bool development_mode(const Environment& environment) {
    const auto old_name = environment.text("CHAINLINK_DEV");
    const auto new_name = environment.text("CL_DEV");
    if (old_name && new_name && *old_name != *new_name)
        throw InvalidInput("config validation failed: CHAINLINK_DEV=" + *old_name +
                           " and CL_DEV=" + *new_name + " contradict each other: unset one of them");
    return environment.boolean(new_name ? "CL_DEV" : "CHAINLINK_DEV", false);
}

void refuse_unsupported(const Environment& environment) {
    if (environment.has("CL_CONFIG"))
        throw InvalidInput(
            "CL_CONFIG is set, but this version of Baton reads the environment only: unset it and set the "
            "variables instead");
    if (environment.has("MINIMUM_CONTRACT_PAYMENT"))
        throw InvalidInput(
            "config validation failed: MINIMUM_CONTRACT_PAYMENT is deprecated: use "
            "MINIMUM_CONTRACT_PAYMENT_LINK_JUELS instead");
}

void check_chain_type(const Environment& environment) {
    const auto type = environment.text("CHAIN_TYPE", "");
    for (const std::string_view known : {"", "arbitrum", "metis", "optimism", "optimismBedrock", "xdai"}) {
        if (type == known) return;
    }
    throw BadSetting("CHAIN_TYPE", type, "arbitrum, metis, optimism, optimismBedrock, xdai or nothing");
}

}  // namespace

std::string cookie_warning(const WebConfig& web) {
    if (!web.secure_cookies || web.http_port == 0) return {};
    return "SECURE_COOKIES is true: browsers send the session cookie over HTTPS only, so a login over plain "
           "HTTP (port " +
           std::to_string(web.http_port) + ") cannot work; set SECURE_COOKIES=false or use HTTPS";
}

std::filesystem::path root_directory(const Environment& environment) {
    auto root = environment.text("ROOT", (home_directory(environment) / ".chainlink").string());
    if (root.starts_with("~/")) root = home_directory(environment) / root.substr(2);
    return root;
}

Config load_config(Environment environment) {
    refuse_unsupported(environment);
    check_chain_type(environment);
    Config config{.environment = environment};
    config.dev = development_mode(environment);
    config.root = root_directory(environment);
    config.shutdown_grace = environment.duration("SHUTDOWN_GRACE_PERIOD", config.shutdown_grace);
    config.insecure_fast_scrypt = environment.boolean("INSECURE_FAST_SCRYPT", false);
    config.database = load_database(environment, config.warnings);
    config.backup = load_backup(environment, config.root);
    config.log = load_log(environment, config.root);
    config.web = load_web(environment, config.root);
    config.pipeline = load_pipeline(environment);
    config.evm = load_evm(environment, config.warnings);
    config.ha = load_ha(environment, config.web, config.database);
    parse_chain_variables(environment);
    if (environment.text("GAS_ESTIMATOR_MODE", "FixedPrice") != "FixedPrice")
        config.warnings.push_back(
            "GAS_ESTIMATOR_MODE=" + *environment.text("GAS_ESTIMATOR_MODE") +
            " is not available in this version: FixedPrice with ETH_GAS_PRICE_DEFAULT is used");
    for (auto& line : unused_setting_warnings(environment))
        config.warnings.push_back(std::move(line));
    return config;
}

}  // namespace baton::app
