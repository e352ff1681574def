#include "baton/app/environment_testing.hpp"

#include <gtest/gtest.h>

namespace baton::app {
namespace {

const std::string prefix = "config validation failed: X=";

TEST(Environment, AnEmptyVariableCountsAsUnset) {
    const auto environment = environment_of({{"X", ""}});
    EXPECT_FALSE(environment.has("X"));
    EXPECT_EQ(environment.text("X", "fallback"), "fallback");
    EXPECT_TRUE(environment.boolean("X", true));
    EXPECT_EQ(environment.uint32("X", 7), 7U);
}

TEST(Environment, ReadsBooleans) {
    for (const auto* yes : {"true", "TRUE", "t", "1"})
        EXPECT_TRUE(environment_of({{"X", yes}}).boolean("X", false)) << yes;
    for (const auto* no : {"false", "False", "f", "0"})
        EXPECT_FALSE(environment_of({{"X", no}}).boolean("X", true)) << no;
    EXPECT_EQ(refusal_of([] {
                  environment_of({{"X", "yes"}}).boolean("X", true);
              }),
              prefix + "\"yes\": expected true or false");
}

TEST(Environment, ReadsWholeNumbersWithinTheirBounds) {
    EXPECT_EQ(environment_of({{"X", "4294967295"}}).uint32("X", 0), 4294967295U);
    EXPECT_EQ(environment_of({{"X", "65535"}}).port("X", 0), 65535);
    EXPECT_EQ(environment_of({{"X", "-9223372036854775808"}}).integer("X", 0, INT64_MIN, INT64_MAX),
              INT64_MIN);
    for (const auto* bad :
         {"4294967296", "-1", "1.0", "1e3", " 1", "1 ", "0x10", "one", "99999999999999999999"}) {
        EXPECT_EQ(refusal_of([bad] {
                      environment_of({{"X", bad}}).uint32("X", 0);
                  }),
                  prefix + "\"" + bad + "\": expected a whole number from 0 to 4294967295");
    }
    EXPECT_NE(refusal_of([] { environment_of({{"X", "65536"}}).port("X", 0); }), "");
}

TEST(Environment, ReadsDurations) {
    EXPECT_EQ(environment_of({{"X", "1m30s"}}).duration("X", {}), std::chrono::seconds(90));
    EXPECT_EQ(environment_of({{"X", "0"}}).duration("X", std::chrono::seconds(1)), std::chrono::seconds(0));
    EXPECT_EQ(environment_of({{"X", "1.5s"}}).milliseconds("X", {}), std::chrono::milliseconds(1500));
    EXPECT_EQ(refusal_of([] {
                  environment_of({{"X", "10"}}).duration("X", {});
              }),
              prefix + "\"10\": expected a duration such as 300ms, 10s or 1m30s");
    EXPECT_EQ(refusal_of([] {
                  environment_of({{"X", "-1s"}}).duration("X", {});
              }),
              prefix + "\"-1s\": expected a duration that is not negative");
}

TEST(Environment, ReadsSizes) {
    EXPECT_EQ(parse_size("5120mb"), 5'120'000'000U);
    EXPECT_EQ(parse_size("1.5GB"), 1'500'000'000U);
    EXPECT_EQ(parse_size("4 kb"), 4'000U);
    EXPECT_EQ(parse_size("10"), 10U);
    EXPECT_EQ(parse_size("0"), 0U);
    for (const auto* bad : {"", "mb", "-1kb", "1.5", "1xb", "99999999999tb"})
        EXPECT_FALSE(parse_size(bad)) << bad;
    EXPECT_EQ(refusal_of([] {
                  environment_of({{"X", "big"}}).size("X", 0);
              }),
              prefix + "\"big\": expected a size such as 5120mb, 4gb or a number of bytes");
}

TEST(Environment, ReadsAmounts) {
    EXPECT_EQ(parse_wei("20 gwei"), BigInt("20000000000"));
    EXPECT_EQ(parse_wei("20gwei"), BigInt("20000000000"));
    EXPECT_EQ(parse_wei("0.05gwei"), 50'000'000);
    EXPECT_EQ(parse_wei("100 micro"), BigInt("100000000000000"));
    EXPECT_EQ(parse_wei("1 ether"), BigInt("1000000000000000000"));
    EXPECT_EQ(parse_wei("115792089237316195423570985008687907853269984665640564039457584007913129639935"),
              BigInt("115792089237316195423570985008687907853269984665640564039457584007913129639935"));
    for (const auto* bad : {"", "gwei", "-1", "0.5", "1 finney", "1 gwei 2", "0x1"})
        EXPECT_FALSE(parse_wei(bad)) << bad;
    EXPECT_EQ(parse_link("0.1 link"), BigInt("100000000000000000"));
    EXPECT_EQ(parse_link("100 juels"), 100);
    EXPECT_EQ(parse_link("5"), 5);
    EXPECT_FALSE(parse_link("1 gwei"));
    EXPECT_NE(refusal_of([] { environment_of({{"X", "1 dollar"}}).wei("X", 0); }), "");
    EXPECT_NE(refusal_of([] { environment_of({{"X", "1 dollar"}}).link("X", 0); }), "");
}

TEST(Environment, ReadsAddressesAndChainIds) {
    EXPECT_TRUE(environment_of({{"X", "0x514910771AF9Ca656af840dff83E8264EcF986CA"}}).address("X"));
    EXPECT_FALSE(environment_of({}).address("X"));
    EXPECT_EQ(refusal_of([] {
                  environment_of({{"X", "0x51"}}).address("X");
              }),
              prefix + "\"0x51\": expected an address: 0x and 40 hex digits");
    EXPECT_EQ(environment_of({{"X", "1337"}}).big("X"), BigInt(1337));
    for (const auto* bad : {"-1", "0x539", "1.0"})
        EXPECT_NE(refusal_of([bad] { environment_of({{"X", bad}}).big("X"); }), "") << bad;
}

TEST(Environment, ReadsFractions) {
    EXPECT_EQ(environment_of({{"X", "1.25"}}).fraction("X", 1), 1.25);
    for (const auto* bad : {"0", "-1", "nan", "inf", "1.1x", "one"})
        EXPECT_NE(refusal_of([bad] { environment_of({{"X", bad}}).fraction("X", 1); }), "") << bad;
}

TEST(Environment, ReadsUrlsOfTheRightScheme) {
    const std::vector<std::string> http{"http", "https"};
    EXPECT_EQ(environment_of({{"X", "https://host:8545/path?key=1"}}).url("X", http),
              "https://host:8545/path?key=1");
    for (const auto* bad : {"ws://host", "host", "http://", "http:///path", "http://:80", "http://ho st",
                            "http://h:99999", "http://h:0", "http://h:x", "http://h:80:80", "http://[::1",
                            "http://[::g]", "http://user:p/ss@h", "http://user@", "http://a]b", "http://h\t"})
        EXPECT_NE(refusal_of([&] { environment_of({{"X", bad}}).url("X", http); }), "") << bad;
    for (const auto* good : {"http://user:pa55@h:80/x", "http://[::1]:8545", "http://[fe80::1%25eth0]/",
                             "http://h:", "http://h?x=y@z", "http://a_b.c"})
        EXPECT_EQ(refusal_of([&] { environment_of({{"X", good}}).url("X", http); }), "") << good;
    EXPECT_EQ(environment_of({{"X", "http://a;https://b , http://c"}}).url_list("X", http),
              (std::vector<std::string>{"http://a", "https://b", "http://c"}));
    EXPECT_TRUE(environment_of({}).url_list("X", http).empty());
}

TEST(Environment, NeverShowsWhatAUrlMayHide) {
    for (const std::string url :
         {"ws://user:pa55word@host/v3/apikey", "ws://host/v3/apikey?key=pa55word",
          "ws://pa55word:apikey@host", "pa55word:apikey", "ws:pa55word/apikey",
          "ws://user:apikey/pa55word@host", "ws://host/x@apikey", "ws://user:apikey", "pa55word"}) {
        const auto one = refusal_of([&] { environment_of({{"X", url}}).url("X", {"http"}); });
        const auto list = refusal_of([&] {
            environment_of({{"X", "http://fine," + url}}).url_list("X", {"http"});
        });
        for (const auto& text : {one, list}) {
            EXPECT_TRUE(text.starts_with(prefix)) << text;
            EXPECT_EQ(text.find("pa55word"), std::string::npos) << text;
            EXPECT_EQ(text.find("apikey"), std::string::npos) << text;
            EXPECT_NE(text.find("http://"), std::string::npos) << "it says what is expected: " << text;
        }
    }
}

}  // namespace
}  // namespace baton::app
