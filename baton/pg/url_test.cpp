#include "baton/pg/url.hpp"

#include "baton/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace baton::pg {
namespace {

using Map = std::map<std::string, std::string>;

DatabaseUrl parse(const std::string& text) {
    return DatabaseUrl::parse(Secret(text));
}

std::string refusal(const std::string& text) {
    try {
        parse(text);
    } catch (const InvalidInput& error) {
        return error.what();
    }
    return "accepted";
}

TEST(DatabaseUrl, TakesApartEveryPiece) {
    const auto url =
        parse("postgresql://node:s%40cret@db.example:5433/chain%20link?sslmode=disable&connect_timeout=3");
    EXPECT_EQ(url.libpq, (Map{{"user", "node"},
                              {"password", "s@cret"},
                              {"host", "db.example"},
                              {"port", "5433"},
                              {"dbname", "chain link"},
                              {"sslmode", "disable"},
                              {"connect_timeout", "3"}}));
    EXPECT_TRUE(url.runtime.empty());
    EXPECT_EQ(url.password(), "s@cret");
}

TEST(DatabaseUrl, LeavesWhatIsNotGivenToLibpq) {
    EXPECT_TRUE(parse("").libpq.empty());
    EXPECT_EQ(parse("postgres://").libpq, Map{});
    EXPECT_EQ(parse("postgres:///chainlink").libpq, (Map{{"dbname", "chainlink"}}));
    EXPECT_EQ(parse("postgres://host").libpq, (Map{{"host", "host"}}));
    EXPECT_EQ(parse("postgres://node@").libpq, (Map{{"user", "node"}}));
}

TEST(DatabaseUrl, GivesUnknownKeysToTheSession) {
    const auto url =
        parse("postgres://h/d?search_path=one,two&statement_timeout=5s&application_name=x&work_mem");
    EXPECT_EQ(url.runtime, (Map{{"search_path", "one,two"}, {"statement_timeout", "5s"}, {"work_mem", ""}}));
    EXPECT_EQ(url.libpq.at("application_name"), "x");
}

TEST(DatabaseUrl, ReadsTheQueryAsTheNodeDoes) {
    const auto url =
        parse("postgres://h/d?search_path=a+b%2Bc&search_path=later&options=-c%20x%3D1#fragment");
    EXPECT_EQ(url.runtime.at("search_path"), "a b+c");
    EXPECT_EQ(url.libpq.at("options"), "-c x=1");
}

TEST(DatabaseUrl, KeepsListsOfHostsInStep) {
    const auto url = parse("postgresql://n:p@one:1,two,[::1]:3/d?target_session_attrs=read-write");
    EXPECT_EQ(url.libpq.at("host"), "one,two,::1");
    EXPECT_EQ(url.libpq.at("port"), "1,,3");
    EXPECT_EQ(url.libpq.at("target_session_attrs"), "read-write");
}

TEST(DatabaseUrl, TakesSocketFoldersInBothForms) {
    EXPECT_EQ(parse("postgresql://%2Fvar%2Frun:5433/d").libpq.at("host"), "/var/run");
    EXPECT_EQ(parse("postgresql:///d?host=/tmp&port=5433").libpq,
              (Map{{"host", "/tmp"}, {"port", "5433"}, {"dbname", "d"}}));
    EXPECT_EQ(parse("postgresql://ignored/d?host=/tmp").libpq.at("host"), "/tmp");
}

TEST(DatabaseUrl, TakesAnUnescapedAtInThePassword) {
    const auto url = parse("postgresql://node:a@b:c@host/d");
    EXPECT_EQ(url.password(), "a@b:c");
    EXPECT_EQ(url.libpq.at("host"), "host");
}

TEST(DatabaseUrl, RefusesWhatIsMalformedWithoutShowingThePassword) {
    const std::string secret = "hunter2";
    for (const std::string text : {
             "mysql://node:hunter2@host/d",
             "node:hunter2@host/d",
             "host=localhost password=hunter2",
             "postgres://node:hunter2%zz@host/d",
             "postgres://node:hunter2@host:port/d",
             "postgres://node:hunter2@host:65536/d",
             "postgres://node:hunter2@[::1/d",
             "postgres://node:hunter2@[::1]x/d",
             "postgres://node:hunter2@host/d%4",
             "postgres://node:hunter2@host/d%00",
             "postgres://node:hunter2@host/d?=1",
             // An unescaped slash ends the authority: what looks like a port is the password.
             "postgres://node:hunter2/x@host/d",
         }) {
        const auto error = refusal(text);
        EXPECT_THAT(error, testing::HasSubstr("malformed database URL")) << text;
        EXPECT_THAT(error, testing::Not(testing::HasSubstr(secret))) << text;
    }
}

TEST(DatabaseUrl, IsShownWithoutThePassword) {
    EXPECT_EQ(parse("postgres://node:secret@one:1,two:2/d?password=other&sslmode=disable").redacted(),
              "postgresql://node:xxxxx@one:1,two:2/d");
    EXPECT_EQ(parse("postgres://node@one/d").redacted(), "postgresql://node@one/d");
    EXPECT_EQ(parse("").redacted(), "postgresql:///");
}

}  // namespace
}  // namespace baton::pg
