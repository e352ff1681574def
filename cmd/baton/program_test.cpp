#include "cmd/baton/program_testing.hpp"

#include <sys/stat.h>

namespace baton::cli {
namespace {

TEST_F(ProgramTest, Version) {
    for (const auto* form : {"--version", "-v", "-version"})
        EXPECT_EQ(run({form}).out, "chainlink version 1.11.0@abc\n");
}

TEST_F(ProgramTest, UnknownWords) {
    const auto command = run({"jobz"});
    EXPECT_EQ(command.code, 3);
    EXPECT_EQ(command.err, "No help topic for 'jobz'\n");
    EXPECT_EQ(run({"jobs", "lst"}).code, 3);

    const auto leaf = run({"jobs", "list", "--wrong"});
    EXPECT_EQ(leaf.code, 1);
    EXPECT_TRUE(leaf.out.starts_with(
        "Incorrect Usage: flag provided but not defined: -wrong\n\nNAME:\n   chainlink jobs list - "))
        << leaf.out;
    EXPECT_TRUE(leaf.err.ends_with(" Error running app: flag provided but not defined: -wrong\n"))
        << leaf.err;
    const auto group = run({"jobs", "-wrong"});
    EXPECT_EQ(group.code, 1);
    EXPECT_TRUE(group.out.starts_with("Incorrect Usage. flag provided but not defined: -wrong\n"))
        << group.out;
}

TEST_F(ProgramTest, HelpAtEveryLevel) {
    const auto root = run({});
    EXPECT_EQ(root.code, 0);
    EXPECT_TRUE(root.out.starts_with(
        "NAME:\n   chainlink - CLI for Chainlink\n\nUSAGE:\n   chainlink [global options] command "
        "[command options] [arguments...]\n\nVERSION:\n   1.11.0@abc\n\nCOMMANDS:\n   admin "))
        << root.out;
    EXPECT_NE(root.out.find("\n   node, local "), std::string::npos);
    EXPECT_NE(root.out.find("\nGLOBAL OPTIONS:\n   --json, -j "), std::string::npos);
    for (const auto& words : {std::vector<std::string>{"help"}, {"-h"}, {"--help"}, {"h"}})
        EXPECT_EQ(run(words).out, root.out);
    EXPECT_EQ(run({"jobs"}).out, run({"help", "jobs"}).out);
    EXPECT_EQ(run({"jobs", "list", "-h"}).out, run({"jobs", "help", "list"}).out);
    EXPECT_EQ(run({"jobs", "list", "-h"}).out,
              "NAME:\n   chainlink jobs list - List the jobs\n\nUSAGE:\n   chainlink jobs list [command "
              "options] [arguments...]\n\n"
              "OPTIONS:\n   --page PAGE  PAGE of the list, from 1 (default: 0)\n   \n");
}

TEST_F(ProgramTest, StartOfTheNodeInAllItsForms) {
    EXPECT_EQ(run({"local", "n", "-p", "pw", "-a=api"}).code, 0);
    ASSERT_TRUE(started_);
    EXPECT_EQ(started_->password, "pw");
    EXPECT_EQ(started_->api, "api");
    for (const auto& words :
         {std::vector<std::string>{"node", "start", "-d"}, {"local", "node"}, {"node", "n", "--vp", "v"}}) {
        started_.reset();
        EXPECT_EQ(run(words).code, 0);
        EXPECT_TRUE(started_) << words.back();
    }
    EXPECT_EQ(started_->vrf_password, "v");
    EXPECT_EQ(run({"db", "stop"}).code, 7);
}

TEST_F(ProgramTest, TomlModeIsRefused) {
    const auto refused = run({"-c", "x.toml", "node", "start"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_NE(refused.err.find("Error running app: configuration by TOML"), std::string::npos) << refused.err;
    EXPECT_FALSE(started_);
}

TEST_F(ProgramTest, LoginKeepsTheCookieAndLogoutEmptiesIt) {
    write("credentials", " a@b.c \nsecret\n");
    server_.answer("POST /sessions", {{200, "{}", "clsession=value; Expires=x; HttpOnly"}});
    server_.answer("GET /v2/build_info", {{200, R"({"version":"1.11.0","commitSHA":"abc"})", ""}});
    const auto in = remote({"admin", "login", "-f", (root_ / "credentials").string()});
    EXPECT_EQ(in.out, "Successfully Logged In.\n") << in.err;
    EXPECT_EQ(server_.requests()[0].body, R"({"email":"a@b.c","password":"secret"})");
    EXPECT_EQ(read("cookie"), "clsession=value; Expires=x; HttpOnly");
    struct stat status {};
    ASSERT_EQ(::stat((root_ / "cookie").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(server_.requests()[1].headers.get("Cookie"), "clsession=value");

    EXPECT_EQ(remote({"admin", "logout"}).code, 0);
    EXPECT_EQ(read("cookie"), "");
    const auto after = remote({"jobs", "show", "1"});
    EXPECT_EQ(after.code, 1);
    EXPECT_EQ(after.err, "Cookie not in file, you must first login through the CLI\n");
    EXPECT_EQ(remote({"jobs", "list"}).err, after.err);
}

TEST_F(ProgramTest, LoginThatFails) {
    write("credentials", "a@b.c\nwrong\n");
    server_.answer("POST /sessions", {{401, "{}", ""}});
    const auto refused = remote({"admin", "login", "--file", (root_ / "credentials").string()});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.err, "Unauthorized\n");
    EXPECT_EQ(remote({"admin", "login", "--file", "no-such-file"}).err,
              "open no-such-file: no such file or directory\n");
    EXPECT_EQ(remote({"admin", "login", "--file", "/"}).err, "read /: is a directory\n");
    EXPECT_EQ(remote({"jobs", "create", "/"}).err, "error reading from file '/': read /: is a directory\n");
    const auto nobody = remote({"admin", "login"});
    EXPECT_EQ(nobody.code, 1);
    EXPECT_EQ(nobody.out, "Enter email: EOF\n");
}

TEST_F(ProgramTest, LoginToAnotherBuild) {
    write("credentials", "a@b.c\nsecret\n");
    server_.answer("POST /sessions", {{200, "{}", "clsession=value"}});
    server_.answer("GET /v2/build_info", {{200, R"({"version":"1.11.0","commitSHA":"other"})", ""}});
    const auto file = (root_ / "credentials").string();
    const auto refused = remote({"admin", "login", "--file", file});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.err,
              "error: CLI build (1.11.0@abc) mismatches remote node build (1.11.0@other). You can set flag "
              "--bypass-version-check to bypass this\n");
    EXPECT_EQ(read("cookie"), "");
    EXPECT_EQ(remote({"admin", "login", "--file", file, "--bypass-version-check"}).code, 0);
    EXPECT_EQ(read("cookie"), "clsession=value");
}

TEST_F(ProgramTest, ACredentialsFileLogsInAfterA401) {
    write("credentials", "a@b.c\nsecret\n");
    const std::string job = R"({"data":[]})";
    server_.answer("POST /sessions", {{200, "{}", "clsession=fresh"}});
    server_.answer("GET /v2/jobs", {{401, "{}", ""}, {200, job, ""}});
    const auto listed =
        remote({"--admin-credentials-file", (root_ / "credentials").string(), "-j", "jobs", "list"});
    EXPECT_EQ(listed.code, 0) << listed.err;
    EXPECT_EQ(listed.out, "[]\n");
    EXPECT_EQ(server_.requests().back().headers.get("Cookie"), "clsession=fresh");
}

}  // namespace
}  // namespace baton::cli
