#include "baton/app/child_process.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/timer.hpp"
#include "baton/base/error.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace baton::app {
namespace {

using namespace std::chrono_literals;

/// A program is a shell's line; it may leave files in a folder of the test.
class ChildProcess : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = "/tmp/baton-child-XXXXXX";
        folder_ = mkdtemp(name.data());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    Program shell(std::string line) const {
        Program program;
        program.path = "/bin/sh";
        program.arguments = {"-c", std::move(line)};
        program.environment["FOLDER"] = folder_.string();
        return program;
    }
    ProgramEnd run(Program program) { return loop_.run_until_done(run_program(std::move(program))); }
    std::string content(const std::string& name) const {
        std::ifstream file(folder_ / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static async::Task<void> exists(std::filesystem::path file) {
        while (!std::filesystem::exists(file))
            co_await async::sleep_for(1ms);
    }

    std::filesystem::path folder_;
    async::Loop loop_;
};

TEST_F(ChildProcess, TellsItsExitCodeAndItsLastWords) {
    EXPECT_EQ(run(shell("exit 0")).code, 0);
    const auto end = run(shell("echo first; echo 'second line' >&2; exit 3"));
    EXPECT_EQ(end.code, 3);
    EXPECT_EQ(end.last_words, "first second line");
    EXPECT_EQ(run(shell("kill -9 $$")).code, 128 + SIGKILL);
    EXPECT_EQ(run(shell("seq 1 1000; echo end")).last_words.size(), 600U - 1);
}

TEST_F(ChildProcess, OneThatIsNotThereEndsWith127) {
    Program program;
    program.path = folder_ / "nothing";
    EXPECT_EQ(run(std::move(program)).code, 127);
}

TEST_F(ChildProcess, GetsNoSecretAndNoDescriptorOfTheNode) {
    setenv("DATABASE_URL", "postgresql://u:secret@h/db", 1);
    const int mine = open("/dev/null", O_RDONLY);  // as a library may open one, without O_CLOEXEC
    auto program = shell("env > $FOLDER/env; ls /proc/self/fd > $FOLDER/fd; : > $FOLDER/made");
    program.environment["PGPASSWORD"] = "given";
    EXPECT_EQ(run(std::move(program)).code, 0);
    close(mine);
    unsetenv("DATABASE_URL");
    EXPECT_EQ(content("env").find("secret"), std::string::npos);
    EXPECT_NE(content("env").find("PGPASSWORD=given"), std::string::npos);
    EXPECT_EQ(content("fd"), "0\n1\n2\n3\n") << "3 is how ls reads the folder";
    EXPECT_EQ(std::filesystem::status(folder_ / "made").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(ChildProcess, IsToldToEndAndHasEndedWhenItsTaskIsCancelled) {
    async::TaskGroup group(loop_.executor());
    auto work = [](Program program) -> async::Task<void> { co_await run_program(std::move(program)); };
    group.spawn("program", work(shell("trap 'echo told > $FOLDER/told; exit 0' TERM; echo > $FOLDER/up; "
                                      "while :; do sleep 0.02; done")));
    loop_.run_until_done(exists(folder_ / "up"));
    loop_.run_until_done(group.stop());
    EXPECT_EQ(content("told"), "told\n");
}

TEST_F(ChildProcess, OneThatDoesNotListenIsKilled) {
    async::TaskGroup group(loop_.executor());
    auto work = [](Program program) -> async::Task<void> { co_await run_program(std::move(program)); };
    group.spawn("program", work(shell("trap '' TERM; echo $$ > $FOLDER/pid; mv $FOLDER/pid $FOLDER/up; "
                                      "exec sleep 600")));
    loop_.run_until_done(exists(folder_ / "up"));
    const auto id = std::stoi(content("up"));
    loop_.run_until_done(group.stop());
    EXPECT_EQ(kill(id, 0), -1) << "process " << id << " lives";
}

TEST_F(ChildProcess, ProgramsAreFoundInPath) {
    EXPECT_TRUE(find_program("sh"));
    EXPECT_FALSE(find_program("no-program-of-this-name"));
}

}  // namespace
}  // namespace baton::app
