#pragma once

#include "baton/app/backup_config.hpp"
#include "baton/app/private_postgres.hpp"
#include "baton/lease/examination.hpp"
#include "baton/lease/lease.hpp"
#include "baton/model/lock_survey.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace baton::app {

/// What `baton doctor` found out about one thing.
struct Finding {
    enum class Level { ok, warning, problem };
    Level level = Level::ok;
    /// "database", "rights", "takeover now", ...
    std::string check;
    /// What is so; of a warning or problem also what to do.
    std::string text;
    bool operator==(const Finding&) const = default;
};

/// Of the server that is used where DATABASE_URL is not set.
Finding private_database_finding(PrivatePostgres::State state, const std::filesystem::path& data);

/// Of the backups that the leader makes, by pg_dump of this machine, which says its version itself.
Finding backup_finding(const BackupConfig& config, const std::string& obstacle,
                       const std::string& pg_dump_version, const std::string& server_version);

/// What an examination of the database means for this configuration.
std::vector<Finding> database_findings(const lease::Examination& found, const lease::LeaseSettings& settings);

/// Whether somebody would take over now, and what the survey says is wrong.
std::vector<Finding> takeover_findings(const model::LockSurvey& survey,
                                       const std::vector<std::string>& versions);

}  // namespace baton::app
