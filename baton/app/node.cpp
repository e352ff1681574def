#include "baton/app/node.hpp"

#include "baton/app/database_backup.hpp"
#include "baton/app/instance.hpp"
#include "baton/app/log_sink.hpp"
#include "baton/app/private_postgres.hpp"

#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#ifndef BATON_COMMIT
#define BATON_COMMIT "unset"
#endif

namespace baton::app {

namespace {

/// Gives warnings: there is no log before its folder is.
std::vector<std::string> prepare_root(const Config& config) {
    std::vector<std::string> warnings;
    std::error_code error;
    const auto others = umask(077);
    std::filesystem::create_directories(config.root, error);
    umask(others);
    if (error)
        throw InvalidInput("cannot create the root directory " + config.root.string() + ": " +
                           error.message());
    if (auto line = tighten_permissions(config.root)) warnings.push_back(*std::move(line));
    for (const char* name : {"secret", "cookie", ".password", ".env", ".api", "tls"}) {
        if (auto line = tighten_permissions(config.root / name)) warnings.push_back(*std::move(line));
    }
    return warnings;
}

Credentials read_credentials(const NodeOptions& options) {
    Credentials credentials;
    credentials.terminal = is_terminal();
    if (!options.password_file.empty())
        credentials.key_store_password = read_password_file(options.password_file);
    if (!options.vrf_password_file.empty()) check_vrf_password_file(options.vrf_password_file);
    if (!options.api_file.empty()) credentials.first_user = read_api_file(options.api_file);
    if (!credentials.key_store_password && !credentials.terminal)
        throw InvalidInput("error authenticating keystore: no password provided");
    return credentials;
}

void tell_about_backups(const BackupConfig& backup, const Logger& log) {
    if (backup.mode == BackupConfig::Mode::none) {
        log.info("no backups of the database are made: DATABASE_BACKUP_MODE is none");
        return;
    }
    if (backup.periodic())
        log.info("the leader backs up the database periodically",
                 {{"frequency", to_go_duration(backup.frequency)}, {"directory", backup.directory.string()}});
    const auto obstacle = backup_obstacle(backup);
    if (!obstacle.empty()) log.error("backups of the database will fail: " + obstacle);
}

void warn_about_settings(const Config& config, const Logger& log) {
    tell_about_backups(config.backup, log);
    for (const auto& line : config.warnings)
        log.warn(line);
    if (const auto line = cookie_warning(config.web); !line.empty()) log.warn(line);
    if (config.database.locking_mode == model::LockingMode::none)
        log.warn(
            "DATABASE_LOCKING_MODE=none: several Batons still take turns, but a Chainlink v1.11.0 on this "
            "database is not excluded");
    const auto& url = config.database.url.reveal();
    if (config.database.skip_password_check || config.dev || url.empty() ||
        url.find("_test") != std::string::npos)
        return;
    const auto password = pg::DatabaseUrl::parse(config.database.url).password();
    if (password.size() < 16)
        log.error(
            "DEPRECATION WARNING: the database URL has no password or one that is shorter than 16 "
            "characters; set SKIP_DATABASE_PASSWORD_COMPLEXITY_CHECK=true if that is meant");
}

/// Until the loop listens to signals there is nothing to release.
void end_at_once(int) {
    std::_Exit(1);
}

int start(const NodeOptions& options) {
    std::signal(SIGTERM, end_at_once);
    std::signal(SIGINT, end_at_once);
    auto config = load_config(Environment::process());
    // Before a password is missed: without a server nothing else matters.
    if (config.database.url.empty()) PrivatePostgres::require_server(config.root);
    auto credentials = read_credentials(options);
    const auto root_warnings = prepare_root(config);
    MetricsRegistry metrics;
    const Logger log(make_log_sink(config.log, Clock::system(), metrics),
                     version() + "@" + commit().substr(0, 7) + ".RunNode");
    for (const auto& line : root_warnings)
        log.warn(line);
    log.info("Starting Chainlink Node " + version() + " at commit " + commit());
    if (config.dev)
        log.warn(
            "Chainlink is running in DEVELOPMENT mode. This is a security risk if enabled in production.");
    if (config.database.url.empty()) config.database.url = PrivatePostgres(config.root, log).start();
    warn_about_settings(config, log);
    if (!options.vrf_password_file.empty())
        log.warn("-vp is given, but this version does not migrate old VRF keys: they stay as they are");
    metrics.add("version", 1, {{"version", version()}, {"commit", commit()}});
    // A peer that goes away while it is written to is an error of that write, not a signal.
    std::signal(SIGPIPE, SIG_IGN);
    async::Loop loop;
    Instance instance(loop, std::move(config), std::move(credentials), metrics, log);
    return loop.run_until_done(instance.run());
}

}  // namespace

std::string version() {
    return "1.11.0";
}
std::string commit() {
    return BATON_COMMIT;
}

int run_node(const NodeOptions& options) {
    try {
        return start(options);
    } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
}

int stop_private_database() {
    try {
        PrivatePostgres postgres(root_directory(Environment::process()), Logger());
        const auto where = postgres.data_directory().string();
        std::cout << (postgres.stop() ? "Stopped the private PostgreSQL in " + where
                                      : "No private PostgreSQL is running in " + where)
                  << std::endl;
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
}

}  // namespace baton::app
