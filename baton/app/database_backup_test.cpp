#include "baton/app/database_backup.hpp"

#include "baton/base/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace baton::app {
namespace {

using namespace std::chrono_literals;
using Mode = BackupConfig::Mode;

Program dump(const std::string& url, Mode mode = Mode::full) {
    return dump_program("/usr/bin/pg_dump", pg::DatabaseUrl::parse(Secret(url)), "/backup/tmp", mode);
}

TEST(DumpProgram, ThePasswordIsInTheEnvironmentAndNotOnTheCommandLine) {
    const auto program = dump("postgresql://u:pa55word@h:5433/db?sslmode=require&search_path=oracle");
    EXPECT_EQ(program.environment.at("PGPASSWORD"), "pa55word");
    const std::vector<std::string> expected{"--no-password",
                                            "-F",
                                            "c",
                                            "-f",
                                            "/backup/tmp",
                                            "--dbname",
                                            "dbname='db' host='h' port='5433' sslmode='require' user='u'"};
    EXPECT_EQ(program.arguments, expected) << "run-time parameters of sessions are no options of pg_dump";
}

TEST(DumpProgram, ValuesAreQuoted) {
    EXPECT_EQ(dump("postgresql:///it's%5Cone").arguments.back(), R"(dbname='it\'s\\one')");
}

TEST(DumpProgram, AnotherSecretThatItCannotTakeIsNamedAndNotShown) {
    try {
        dump("postgresql://h/db?sslpassword=hunter2");
        FAIL() << "it was accepted";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("sslpassword"), std::string::npos);
        EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos);
    }
}

TEST(DumpProgram, LiteLeavesOutTheRowsOfRuns) {
    const auto excluded = [](const Program& program) {
        return std::count_if(program.arguments.begin(), program.arguments.end(),
                             [](const auto& one) { return one.starts_with("--exclude-table-data="); });
    };
    EXPECT_EQ(excluded(dump("postgresql://h/db", Mode::lite)), 2);
    EXPECT_EQ(excluded(dump("postgresql://h/db", Mode::full)), 0);
}

TEST(NextBackup, TheOneThatIsThereCounts) {
    EXPECT_EQ(until_next_backup(1h, std::nullopt), 1h) << "as v1.11.0, which counts from its start";
    EXPECT_EQ(until_next_backup(1h, 20min), 40min);
    EXPECT_EQ(until_next_backup(1h, 5h), 10s) << "not beside a takeover";
    EXPECT_EQ(until_next_backup(1h, -2h), 1h) << "a clock was set back";
}

}  // namespace
}  // namespace baton::app
