#pragma once

#include "baton/app/backup_config.hpp"
#include "baton/app/child_process.hpp"
#include "baton/async/worker_pool.hpp"
#include "baton/base/log.hpp"
#include "baton/base/metrics.hpp"
#include "baton/pg/url.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace baton::app {

/// Dumps of the database by pg_dump, where and how v1.11.0 makes them: <directory>/cl_backup_<version>.dump
/// in the custom format, each one in the place of the last. Under that name there is always a whole one.
/// Loop thread only.
class DatabaseBackup {
  public:
    /// `database_url` counts where the configuration names no other.
    DatabaseBackup(BackupConfig config, const Secret& database_url, std::string version,
                   async::WorkerPool& workers, Metrics& metrics, Logger log);

    /// Makes one whenever it is due, until it is cancelled: then pg_dump has ended and what it wrote is gone.
    /// A failure is logged, counted, and tried again when the next one is due.
    async::Task<void> serve();
    /// Makes one now. Throws Error, which is logged and counted too.
    async::Task<void> make();

    std::filesystem::path file() const;

  private:
    async::Task<std::uintmax_t> dump();

    BackupConfig config_;
    pg::DatabaseUrl url_;
    std::string version_;
    async::WorkerPool& workers_;
    Metrics& metrics_;
    Logger log_;
};

/// pg_dump's call; the password goes into its environment. Throws Error when it cannot be given to it safely.
Program dump_program(std::filesystem::path pg_dump, const pg::DatabaseUrl& url,
                     const std::filesystem::path& file, BackupConfig::Mode mode);

/// A backup that is there counts, so that takeovers do not put the next one off again and again; but it is
/// not made beside a takeover.
std::chrono::nanoseconds until_next_backup(std::chrono::nanoseconds frequency,
                                           std::optional<std::chrono::nanoseconds> age_of_the_last);

/// Why no backup can be made by this machine; empty when nothing speaks against it.
std::string backup_obstacle(const BackupConfig& config);

}  // namespace baton::app
