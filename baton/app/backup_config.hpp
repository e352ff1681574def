#pragma once

#include "baton/app/environment.hpp"
#include "baton/base/secret.hpp"

#include <chrono>
#include <filesystem>
#include <string>

namespace baton::app {

/// DATABASE_BACKUP_* (reference/configuration.md section 4).
struct BackupConfig {
    /// lite leaves out the rows of pipeline_runs and pipeline_task_runs.
    enum class Mode { none, lite, full };
    Mode mode = Mode::none;
    /// 0: no periodic backup.
    std::chrono::nanoseconds frequency{std::chrono::hours(1)};
    /// Empty: the database of the node.
    Secret url;
    std::filesystem::path directory;
    bool on_version_upgrade = true;

    bool periodic() const { return mode != Mode::none && frequency.count() > 0; }
    bool before_upgrade() const { return mode != Mode::none && on_version_upgrade; }
};

/// Throws BadSetting.
BackupConfig load_backup(const Environment& environment, const std::filesystem::path& root);

}  // namespace baton::app
