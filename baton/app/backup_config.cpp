#include "baton/app/backup_config.hpp"

#include "baton/base/clock.hpp"
#include "baton/base/error.hpp"
#include "baton/pg/url.hpp"

namespace baton::app {

namespace {

constexpr auto least_frequency = std::chrono::minutes(1);

BackupConfig::Mode read_mode(const Environment& environment) {
    const auto text = environment.text("DATABASE_BACKUP_MODE", "none");
    if (text == "none") return BackupConfig::Mode::none;
    if (text == "lite") return BackupConfig::Mode::lite;
    if (text == "full") return BackupConfig::Mode::full;
    throw BadSetting("DATABASE_BACKUP_MODE", text, "none, lite or full");
}

Secret read_url(const Environment& environment) {
    Secret url(environment.text("DATABASE_BACKUP_URL", ""));
    try {
        static_cast<void>(pg::DatabaseUrl::parse(url));
    } catch (const InvalidInput& error) {
        throw BadSetting("DATABASE_BACKUP_URL", "(not shown)",
                         std::string("a database URL: ") + error.what());
    }
    return url;
}

}  // namespace

BackupConfig load_backup(const Environment& environment, const std::filesystem::path& root) {
    BackupConfig config;
    config.mode = read_mode(environment);
    config.frequency = environment.duration("DATABASE_BACKUP_FREQUENCY", config.frequency);
    config.url = read_url(environment);
    config.directory =
        std::filesystem::absolute(environment.text("DATABASE_BACKUP_DIR", (root / "backup").string()));
    config.on_version_upgrade =
        environment.boolean("DATABASE_BACKUP_ON_VERSION_UPGRADE", config.on_version_upgrade);
    if (config.periodic() && config.frequency < least_frequency)
        throw BadSetting("DATABASE_BACKUP_FREQUENCY", to_go_duration(config.frequency),
                         "a duration from 1m, or 0 for no periodic backup");
    return config;
}

}  // namespace baton::app
