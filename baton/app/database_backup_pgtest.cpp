#include "baton/app/database_backup.hpp"

#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/base/error.hpp"
#include "testing/database.hpp"
#include "testing/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace baton::app {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class DatabaseBackups : public test::DatabaseTest {
  protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (IsSkipped()) return;
        if (!find_program("pg_dump")) GTEST_SKIP() << "needs pg_dump: install postgresql-client";
        std::string name = "/tmp/baton-backup-XXXXXX";
        folder_ = mkdtemp(name.data());
        config_.mode = BackupConfig::Mode::full;
        config_.directory = folder_ / "backup";
        database().run("create table pipeline_runs (id int); insert into pipeline_runs values (17)");
        database().run("create table jobs (id int); insert into jobs values (4711)");
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::unique_ptr<DatabaseBackup> backup() {
        return std::make_unique<DatabaseBackup>(config_, Secret(database().url()), "1.2.3", workers_,
                                                Metrics::none(), Logger(log_, "test"));
    }
    std::string failure(DatabaseBackup& one) {
        try {
            run(one.make());
            return "";
        } catch (const Error& error) {
            return error.what();
        }
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(config_.directory))
            names.push_back(entry.path().filename().string());
        std::sort(names.begin(), names.end());
        return names;
    }
    fs::path put(const std::string& name, const std::string& text) {
        fs::create_directories(config_.directory);
        std::ofstream(config_.directory / name) << text;
        return config_.directory / name;
    }
    std::string content(const fs::path& file) const {
        std::ifstream stream(file);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    /// What restoring it gives, in another database.
    std::string restored(const fs::path& file, const std::string& sql) {
        test::TestDatabase other;
        Program program;
        program.path = *find_program("pg_restore");
        program.arguments = {"--no-owner", "--exit-on-error", "--dbname", other.url(), file.string()};
        const auto end = run(run_program(std::move(program)));
        EXPECT_EQ(end.code, 0) << end.last_words;
        return other.value(sql);
    }
    /// A table that somebody has locked holds pg_dump up.
    std::unique_ptr<pg::Connection> hold_up() {
        auto session = open();
        run(session->query("begin", soon()));
        run(session->query("lock table jobs in access exclusive mode", soon()));
        return session;
    }

    static constexpr const char* both =
        "select (select id from jobs) || ',' || coalesce((select id from "
        "pipeline_runs)::text, 'none')";
    fs::path folder_;
    BackupConfig config_;
    async::WorkerPool workers_{1};
    std::shared_ptr<test::RecordingSink> log_ = std::make_shared<test::RecordingSink>();
};

TEST_F(DatabaseBackups, AreFilesThatCanBeRestored) {
    run(backup()->make());
    EXPECT_EQ(files(), std::vector<std::string>{"cl_backup_1.2.3.dump"});
    const auto file = config_.directory / "cl_backup_1.2.3.dump";
    EXPECT_EQ(restored(file, both), "4711,17");
    struct stat status {};
    stat(file.c_str(), &status);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    stat(config_.directory.c_str(), &status);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    EXPECT_EQ(log_->with("the database is backed up").size(), 1U);
}

TEST_F(DatabaseBackups, LiteHasTheTablesOfRunsWithoutTheirRows) {
    config_.mode = BackupConfig::Mode::lite;
    run(backup()->make());
    EXPECT_EQ(restored(config_.directory / "cl_backup_1.2.3.dump", both), "4711,none");
}

TEST_F(DatabaseBackups, OneThatFailsLeavesTheLastOneAlone) {
    const auto last = put("cl_backup_1.2.3.dump", "the last one");
    config_.url = Secret("postgresql://u:pa55word@127.0.0.1:1/nothing");
    const auto one = backup();
    EXPECT_NE(failure(*one).find("pg_dump ended with code 1: "), std::string::npos) << failure(*one);
    EXPECT_EQ(files(), std::vector<std::string>{"cl_backup_1.2.3.dump"});
    EXPECT_EQ(content(last), "the last one");
    EXPECT_FALSE(log_->with("the backup failed").empty());
    EXPECT_FALSE(log_->mentions("pa55word"));
}

TEST_F(DatabaseBackups, AFolderThatCannotBeMadeIsNamed) {
    std::ofstream(folder_ / "file") << "in the way";
    config_.directory = folder_ / "file" / "backup";
    const auto one = backup();
    EXPECT_NE(failure(*one).find((folder_ / "file").string()), std::string::npos) << failure(*one);
}

TEST_F(DatabaseBackups, WhatAKilledProcessLeftIsRemovedWhenItIsOld) {
    const auto old = put("cl_backup_tmp_old", "half");
    put("cl_backup_tmp_new", "half, of somebody who may be at it");
    put("notes.txt", "not ours");
    fs::last_write_time(old, fs::file_time_type::clock::now() - 2h);
    fs::last_write_time(config_.directory / "notes.txt", fs::file_time_type::clock::now() - 2h);
    run(backup()->make());
    const std::vector<std::string> left{"cl_backup_1.2.3.dump", "cl_backup_tmp_new", "notes.txt"};
    EXPECT_EQ(files(), left);
}

TEST_F(DatabaseBackups, OneThatIsUnderWayEndsWithItsTaskAndLeavesNothing) {
    const auto holder = hold_up();
    const auto one = backup();
    async::TaskGroup group(loop().executor());
    group.spawn("backup", one->make());
    const auto dumping =
        "select count(*)::text from pg_stat_activity where datname = current_database() and "
        "application_name = 'pg_dump'";
    run([](test::TestDatabase* database, std::string sql) -> async::Task<void> {
        while (database->value(sql) != "1")
            co_await async::sleep_for(5ms);
    }(&database(), std::string(dumping) + " and wait_event_type = 'Lock'"));
    run(group.stop());
    EXPECT_TRUE(files().empty());
    run([](test::TestDatabase* database, std::string sql) -> async::Task<void> {
        while (database->value(sql) != "0")
            co_await async::sleep_for(5ms);
    }(&database(), dumping));
    EXPECT_EQ(log_->with("ended before it was complete").size(), 1U);
}

}  // namespace
}  // namespace baton::app
