#include "baton/app/database_backup.hpp"

#include "baton/async/timer.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/error.hpp"
#include "baton/base/random.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace baton::app {

namespace fs = std::filesystem;

namespace {

constexpr const char* unfinished_prefix = "cl_backup_tmp_";
/// An unfinished file that nobody has written to for so long was left by a process that was killed.
constexpr auto abandoned_after = std::chrono::hours(1);
constexpr auto takeover_is_over_after = std::chrono::seconds(10);
/// Of conninfo strings; sslpassword has no variable that pg_dump would read.
constexpr const char* password_key = "password";
constexpr const char* other_secret_key = "sslpassword";

/// Removes an unfinished file, unless it got its name.
class Unfinished {
  public:
    explicit Unfinished(fs::path path) : path_(std::move(path)) {}
    ~Unfinished() {
        std::error_code gone;
        fs::remove(path_, gone);
    }
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

void make_directory(const fs::path& directory) {
    std::error_code error;
    if (fs::create_directories(directory, error)) fs::permissions(directory, fs::perms::owner_all, error);
    if (error) throw Error("cannot make the folder " + directory.string() + ": " + error.message());
}

void remove_abandoned(const fs::path& directory) {
    std::error_code error;
    const auto now = fs::file_time_type::clock::now();
    for (const auto& entry : fs::directory_iterator(directory, error)) {
        if (!entry.path().filename().string().starts_with(unfinished_prefix)) continue;
        const auto written = entry.last_write_time(error);
        if (!error && now - written > abandoned_after) fs::remove(entry.path(), error);
    }
}

/// A name survives a power failure only when its folder was written out; pg_dump does that for the content.
void give_name(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error) throw Error("cannot name the backup " + to.string() + ": " + error.message());
    const int folder = open(to.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    fsync(folder);
    close(folder);
}

std::optional<std::chrono::nanoseconds> age_of(const fs::path& file) {
    std::error_code error;
    const auto written = fs::last_write_time(file, error);
    if (error) return std::nullopt;
    return fs::file_time_type::clock::now() - written;
}

std::string quoted(const std::string& value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

}  // namespace

Program dump_program(fs::path pg_dump, const pg::DatabaseUrl& url, const fs::path& file,
                     BackupConfig::Mode mode) {
    Program program;
    program.path = std::move(pg_dump);
    std::string where;
    for (const auto& [key, value] : url.libpq) {
        if (key == password_key) {
            program.environment["PGPASSWORD"] = value;
        } else if (key == other_secret_key) {
            throw Error(
                "the database URL has an sslpassword, which pg_dump takes only where everybody can read it: "
                "name a key file without password in DATABASE_BACKUP_URL");
        } else {
            where += (where.empty() ? "" : " ") + key + "=" + quoted(value);
        }
    }
    program.arguments = {"--no-password", "-F", "c", "-f", file.string(), "--dbname", where};
    if (mode == BackupConfig::Mode::lite) {
        // In whatever schema the product's tables are.
        for (const std::string table : {"pipeline_runs", "pipeline_task_runs"})
            program.arguments.push_back("--exclude-table-data=*." + table);
    }
    return program;
}

std::chrono::nanoseconds until_next_backup(std::chrono::nanoseconds frequency,
                                           std::optional<std::chrono::nanoseconds> age_of_the_last) {
    if (!age_of_the_last) return frequency;
    return std::clamp<std::chrono::nanoseconds>(frequency - *age_of_the_last, takeover_is_over_after,
                                                frequency);
}

std::string backup_obstacle(const BackupConfig& config) {
    if (!find_program("pg_dump"))
        return "there is no pg_dump in PATH: install postgresql-client of the server's version or newer, or "
               "set DATABASE_BACKUP_MODE=none";
    // Of what is there already, or of what it would be made in.
    auto folder = config.directory;
    std::error_code error;
    while (!fs::exists(folder, error) && folder.has_relative_path())
        folder = folder.parent_path();
    if (access(folder.c_str(), W_OK | X_OK) != 0)
        return folder.string() + " cannot be written to: let DATABASE_BACKUP_DIR be a folder of this user";
    return "";
}

DatabaseBackup::DatabaseBackup(BackupConfig config, const Secret& database_url, std::string version,
                               async::WorkerPool& workers, Metrics& metrics, Logger log)
    : config_(std::move(config)),
      url_(pg::DatabaseUrl::parse(config_.url.empty() ? database_url : config_.url)),
      version_(std::move(version)),
      workers_(workers),
      metrics_(metrics),
      log_(log.named("DatabaseBackup")) {}

fs::path DatabaseBackup::file() const {
    return config_.directory / ("cl_backup_" + version_ + ".dump");
}

async::Task<void> DatabaseBackup::serve() {
    // An alert on a rise needs to have seen the value before.
    for (const char* outcome : {"completed", "failed"})
        metrics_.add("database_backups_total", 0, {{"outcome", outcome}});
    co_await async::sleep_for(until_next_backup(config_.frequency, age_of(file())));
    for (;;) {
        try {
            co_await make();
        } catch (const Cancelled&) {
            throw;
        } catch (const Error&) {
            // make() has said it.
        }
        co_await async::sleep_for(config_.frequency);
    }
}

async::Task<void> DatabaseBackup::make() {
    const auto began = BootClock::now();
    log_.info("backing up the database",
              {{"database", url_.redacted()},
               {"mode", config_.mode == BackupConfig::Mode::lite ? "lite" : "full"},
               {"directory", config_.directory.string()}});
    std::uintmax_t size = 0;
    try {
        size = co_await dump();
    } catch (const Cancelled&) {
        log_.info("the backup was ended before it was complete; the last one is unchanged");
        throw;
    } catch (const Error& error) {
        log_.error("the backup failed; the last one is unchanged", {{"reason", error.what()}});
        metrics_.add("database_backups_total", 1, {{"outcome", "failed"}});
        throw;
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(BootClock::now() - began);
    log_.info("the database is backed up", {{"duration", to_go_duration(took)},
                                            {"fileSize", std::to_string(size)},
                                            {"filePath", file().string()}});
    metrics_.add("database_backups_total", 1, {{"outcome", "completed"}});
    metrics_.set("database_backup_last_completed_timestamp_seconds",
                 std::chrono::duration<double>(Clock::system().wall().time_since_epoch()).count());
}

/// Gives the size of the file.
async::Task<std::uintmax_t> DatabaseBackup::dump() {
    const auto obstacle = backup_obstacle(config_);
    if (!obstacle.empty()) throw Error(obstacle);
    make_directory(config_.directory);
    remove_abandoned(config_.directory);
    const Unfinished unfinished(config_.directory /
                                (unfinished_prefix + to_hex(Random::system().bytes(8)).substr(2)));
    auto program = dump_program(*find_program("pg_dump"), url_, unfinished.path(), config_.mode);
    const auto end = co_await run_program(std::move(program));
    if (end.code != 0)
        throw Error("pg_dump ended with code " + std::to_string(end.code) + ": " + end.last_words);
    // Not on the loop: freeing the blocks of the file that it replaces takes a while.
    std::function<std::uintmax_t()> publish = [from = unfinished.path(), to = file()] {
        std::error_code error;
        const auto size = fs::file_size(from, error);
        if (error) throw Error("pg_dump has left no file " + from.string() + ": " + error.message());
        give_name(from, to);
        return size;
    };
    co_return co_await workers_.run<std::uintmax_t>(std::move(publish));
}

}  // namespace baton::app
