#include "baton/app/private_postgres.hpp"

#include "baton/async/loop.hpp"
#include "baton/base/error.hpp"
#include "baton/crypto/sha.hpp"
#include "baton/pg/connection.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace baton::app {
namespace {

/// Holds the lock of a server's processes until somebody says that he waits for them.
class EndsWhenItIsWaitedFor : public LogSink {
  public:
    explicit EndsWhenItIsWaitedFor(const std::filesystem::path& lock)
        : fd_(open(lock.c_str(), O_RDWR | O_CLOEXEC)) {
        // Those of the real server first.
        EXPECT_EQ(flock(fd_, LOCK_EX), 0);
    }
    ~EndsWhenItIsWaitedFor() override { end(); }
    void write(LogLevel, std::string_view, std::string_view message, const std::vector<LogField>&) override {
        if (message.starts_with("waiting for the last processes")) end();
    }
    bool ended() const { return fd_ < 0; }

  private:
    void end() {
        if (fd_ >= 0) close(fd_);
        fd_ = -1;
    }
    int fd_;
};

/// Needs the server's programs, not a running server.
class PrivatePostgresTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = "/tmp/baton-root-XXXXXX";
        root_ = mkdtemp(name.data());
        try {
            server_ = std::make_unique<PrivatePostgres>(root_ / "node", Logger());
        } catch (const Error& error) {
            GTEST_SKIP() << error.what();
        }
    }
    void TearDown() override {
        if (server_) {
            server_->stop();
            std::filesystem::remove_all(server_->data_directory());
            if (geteuid() == 0) std::filesystem::remove_all(server_->data_directory().parent_path());
            std::filesystem::remove_all(sockets());
        }
        std::filesystem::remove_all(root_);
    }
    std::filesystem::path sockets() const {
        const auto id = to_hex(crypto::sha256(as_bytes((root_ / "node").string())).view()).substr(0, 12);
        return std::filesystem::path("/tmp") / ("baton-" + id);
    }
    std::string value(const Secret& url, const std::string& sql) {
        async::Loop loop;
        pg::SessionOptions options;
        options.url = pg::DatabaseUrl::parse(url);
        const auto patience = async::Deadline::after(std::chrono::seconds(30));
        const auto session = loop.run_until_done(pg::Connection::open(options, patience));
        const auto rows = loop.run_until_done(session->query(sql, patience));
        return rows[0].str(0);
    }

    std::filesystem::path root_;
    std::unique_ptr<PrivatePostgres> server_;
};

TEST_F(PrivatePostgresTest, StartsOnceServesAndStops) {
    const auto url = server_->start();
    EXPECT_EQ(value(url, "select current_database()"), "chainlink");
    EXPECT_EQ(value(url, "show listen_addresses"), "") << "nobody reaches it over the network";
    EXPECT_EQ(value(url, "show fsync"), "on");
    const auto started = value(url, "select pg_postmaster_start_time()::text");

    // Another instance with the same ROOT finds it running.
    PrivatePostgres second(root_ / "node", Logger());
    EXPECT_EQ(second.start().reveal(), url.reveal());
    EXPECT_EQ(value(url, "select pg_postmaster_start_time()::text"), started);

    value(url, "select set_config('x.y', 'z', false)");
    EXPECT_TRUE(second.stop());
    EXPECT_FALSE(server_->stop()) << "it does not run any more";
    const auto again = server_->start();
    EXPECT_EQ(again.reveal(), url.reveal());
    EXPECT_NE(value(again, "select pg_postmaster_start_time()::text"), started);
}

TEST_F(PrivatePostgresTest, OnlyItsOwnerGetsToIt) {
    const auto url = server_->start();
    struct stat status {};
    ASSERT_EQ(stat(server_->data_directory().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
    if (geteuid() == 0) {
        EXPECT_NE(status.st_uid, 0U) << "PostgreSQL does not run as root";
    }
    ASSERT_EQ(stat(sockets().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(PrivatePostgresTest, LockFilesThatAnEndedContainerLeftNameSomebodyElse) {
    server_->start();
    ASSERT_TRUE(server_->stop());
    struct stat owner {};
    ASSERT_EQ(stat(server_->data_directory().c_str(), &owner), 0);
    const pid_t somebody = fork();
    if (somebody == 0) {
        if (setgid(owner.st_gid) != 0 || setuid(owner.st_uid) != 0) _exit(1);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    for (const auto& file :
         {server_->data_directory() / "postmaster.pid", sockets() / ".s.PGSQL.5432.lock"}) {
        std::ofstream(file) << somebody << "\n" << server_->data_directory().string() << "\n";
        std::filesystem::permissions(
            file, std::filesystem::perms::owner_read | std::filesystem::perms::others_read);
    }
    EXPECT_EQ(server_->look(), PrivatePostgres::State::stopped);
    EXPECT_EQ(value(server_->start(), "select 1::text"), "1");
    kill(somebody, SIGKILL);
    waitpid(somebody, nullptr, 0);
}

TEST_F(PrivatePostgresTest, TheServersOwnWordsTellWhyItDoesNotStart) {
    server_->start();
    ASSERT_TRUE(server_->stop());
    std::ofstream(server_->data_directory() / "postgresql.auto.conf", std::ios::app) << "port = 'nonsense'\n";
    try {
        server_->start();
        FAIL() << "it started";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("nonsense"), std::string::npos) << error.what();
    }
}

TEST_F(PrivatePostgresTest, ALinkThatSomebodyLaidInItsWayIsRefused) {
    const auto victim = root_ / "victim";
    std::filesystem::create_directory(victim);
    struct stat before {
    }, after{};
    stat(victim.c_str(), &before);
    std::filesystem::create_symlink(victim, sockets());
    EXPECT_THROW(server_->start(), Error);
    stat(victim.c_str(), &after);
    EXPECT_EQ(after.st_uid, before.st_uid);
    EXPECT_EQ(after.st_mode, before.st_mode);
}

TEST_F(PrivatePostgresTest, TheLastProcessesOfAStoppedServerAreWaitedFor) {
    server_->start();
    const auto lock = server_->data_directory().parent_path() / "server.lock";
    ASSERT_TRUE(server_->stop());
    const auto last_process = std::make_shared<EndsWhenItIsWaitedFor>(lock);
    PrivatePostgres next(root_ / "node", Logger(last_process, "next"));
    EXPECT_EQ(value(next.start(), "select 1::text"), "1");
    EXPECT_TRUE(last_process->ended());
}

/// Another container on the same ROOT sees the file, and not the processes.
TEST_F(PrivatePostgresTest, ASecondServerOnItsDataIsRefused) {
    server_->start();
    const auto lock = server_->data_directory().parent_path() / "server.lock";
    const int fd = open(lock.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    EXPECT_NE(flock(fd, LOCK_EX | LOCK_NB), 0) << "the running server holds it";
    EXPECT_TRUE(server_->stop());
    // Once the last of its processes has ended, which is after the server has stopped.
    ASSERT_EQ(flock(fd, LOCK_EX), 0);
    try {
        server_->start();
        FAIL() << "it started";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("in another container"), std::string::npos) << error.what();
    }
    close(fd);
    server_->start();
}

}  // namespace
}  // namespace baton::app
