#include "baton/app/findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace baton::app {

namespace {

using namespace std::chrono_literals;
using Level = Finding::Level;
using ::testing::HasSubstr;

lease::Examination healthy() {
    lease::Examination found;
    found.server_version = "15.14";
    found.role = "chainlink";
    found.own_schema_exists = found.may_use_own_schema = found.may_create_schema = true;
    found.may_terminate = found.sees_sessions = found.track_activities = found.idle_limit = true;
    found.over_tcp = found.keep_alive = true;
    found.synchronous_commit = "on";
    found.free_connections = 80;
    return found;
}

Finding finding(const std::vector<Finding>& all, const std::string& check) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.check == check; });
    return found == all.end() ? Finding{Level::ok, check, "(none)"} : *found;
}

TEST(Findings, AHealthyDatabaseHasNone) {
    for (const auto& one : database_findings(healthy(), {}))
        EXPECT_EQ(one.level, Level::ok) << one.check << ": " << one.text;
}

TEST(Findings, ABackupThatWouldFailIsAProblem) {
    BackupConfig config;
    EXPECT_EQ(backup_finding(config, "", "", "15.14").level, Level::ok) << "none is asked for";
    config.mode = BackupConfig::Mode::full;
    config.directory = "/root/backup";
    const std::string ours = "pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)";
    const auto well = backup_finding(config, "", ours, "15.3");
    EXPECT_EQ(well.level, Level::ok);
    EXPECT_THAT(well.text, HasSubstr("every 1h0m0s in /root/backup"));
    EXPECT_EQ(backup_finding(config, "", ours, "14.9").level, Level::ok);
    const auto old = backup_finding(config, "", ours, "16.1");
    EXPECT_EQ(old.level, Level::problem);
    EXPECT_THAT(old.text, HasSubstr("refuses a server of version 16.1"));
    const auto missing = backup_finding(config, "there is no pg_dump in PATH", "", "15.3");
    EXPECT_EQ(missing.level, Level::problem);
    EXPECT_THAT(missing.text, HasSubstr("no pg_dump"));
}

TEST(Findings, EachTroubleIsNamedWithWhatToDo) {
    const auto check = [](const std::string& name, Level level, const std::string& text, auto spoil) {
        auto found = healthy();
        spoil(found);
        const auto one = finding(database_findings(found, {}), name);
        EXPECT_EQ(one.level, level) << name;
        EXPECT_THAT(one.text, HasSubstr(text));
    };
    check("database", Level::problem, "target_session_attrs", [](auto& found) { found.read_only = true; });
    check("pooler", Level::problem, "pool_mode = session",
          [](auto& found) { found.pooler = found.session_locks_lost = true; });
    check("pooler", Level::warning, "session mode", [](auto& found) { found.pooler = true; });
    check("clock", Level::warning, "time server", [](auto& found) { found.clock_skew = -3s; });
    check("connections", Level::warning, "max_connections", [](auto& found) { found.free_connections = 5; });
    check("schema", Level::problem, "GRANT ALL ON SCHEMA",
          [](auto& found) { found.may_use_own_schema = false; });
    check("schema", Level::problem, "CREATE SCHEMA baton AUTHORIZATION \"chainlink\"",
          [](auto& found) { found.own_schema_exists = found.may_create_schema = false; });
    check("activity", Level::warning, "replaced after 10s",
          [](auto& found) { found.track_activities = false; });
    check("termination", Level::warning, "one role", [](auto& found) { found.may_terminate = false; });
    check("keep-alive", Level::warning, "tcp_keepalives_idle", [](auto& found) { found.keep_alive = false; });
    check("idle limit", Level::warning, "PostgreSQL before 14",
          [](auto& found) { found.idle_limit = false; });
    check("replication", Level::warning, "synchronous_standby_names",
          [](auto& found) { found.replicas = 1; });
    check("synchronous_commit", Level::warning, "local",
          [](auto& found) { found.synchronous_commit = "local"; });
}

TEST(Findings, WouldSomebodyTakeOverNow) {
    model::LockSurvey survey;
    EXPECT_EQ(finding(takeover_findings(survey, {}), "takeover now").level, Level::problem);
    survey.locks = {{"watch", "a", true, {}}};
    EXPECT_THAT(finding(takeover_findings(survey, {}), "takeover now").text,
                HasSubstr("nobody waits behind a"));
    survey.locks[0].waiting = {"b"};
    survey.risks = {"something"};
    const auto found = takeover_findings(survey, {"1", "2"});
    EXPECT_EQ(finding(found, "takeover now"),
              (Finding{Level::ok, "takeover now", "b waits and would take over from a"}));
    EXPECT_EQ(finding(found, "risk").text, "something");
    EXPECT_EQ(finding(found, "versions").level, Level::warning);
    EXPECT_EQ(finding(takeover_findings(survey, {"1"}), "versions").level, Level::ok);
}

}  // namespace

}  // namespace baton::app
