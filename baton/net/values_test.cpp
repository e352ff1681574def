#include "baton/net/address_rules.hpp"
#include "baton/net/http_message.hpp"
#include "baton/net/http_text.hpp"
#include "baton/net/url.hpp"

#include <gtest/gtest.h>

namespace baton::net {
namespace {

TEST(AddressRules, RefuseWhatIsNotPublic) {
    for (const char* address : {"127.0.0.1",
                                "127.255.255.255",
                                "10.0.0.1",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.168.1.1",
                                "169.254.169.254",
                                "0.0.0.0",
                                "255.255.255.255",
                                "224.0.0.1",
                                "239.255.255.255",
                                "::",
                                "::1",
                                "fe80::1",
                                "fe80::1%eth0",
                                "febf::1",
                                "fc00::1",
                                "fdff::1",
                                "ff02::1",
                                "::ffff:127.0.0.1",
                                "::ffff:10.1.2.3",
                                "",
                                "localhost",
                                "1.2.3"}) {
        EXPECT_TRUE(is_private_address(address)) << address;
    }
    for (const char* address : {"8.8.8.8", "172.15.255.255", "172.32.0.1", "192.167.0.1", "11.0.0.1",
                                "223.255.255.1", "2606:4700::1111", "::ffff:8.8.8.8", "fec0::1"}) {
        EXPECT_FALSE(is_private_address(address)) << address;
    }
}

TEST(AddressRules, CanonicalTextIsOnePerAddress) {
    EXPECT_EQ(canonical_address("::ffff:1.2.3.4"), "1.2.3.4");
    EXPECT_EQ(canonical_address("2001:DB8:0:0::1"), "2001:db8::1");
    EXPECT_EQ(canonical_address("fe80::1%eth0"), "fe80::1");
    EXPECT_EQ(canonical_address("x"), "");
}

TEST(Url, IsTakenApart) {
    const auto url = parse_url("WSS://us%65r:p%40ss@[2001:db8::1]:8546/a/b?c=d#e");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, "wss");
    EXPECT_EQ(url->user, "user");
    EXPECT_EQ(url->password, "p@ss");
    EXPECT_EQ(url->host, "2001:db8::1");
    EXPECT_EQ(url->port, 8546);
    EXPECT_EQ(url->target, "/a/b?c=d");
    const auto bare = parse_url("http://host?x");
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->target, "/?x");
    EXPECT_EQ(bare->port_or_default(), 80);
    EXPECT_EQ(parse_url("wss://h/")->port_or_default(), 443);
}

TEST(Url, RefusesWhatIsNoEndpoint) {
    for (const char* text :
         {"", "host:80", "http://", "http:///x", "http://h:99999/", "http://h:x/", "http://[::1/",
          "http://h /", "http://h\r\n/", "://h", "1http://h", "http://%zz@h/"}) {
        EXPECT_FALSE(parse_url(text)) << text;
    }
}

TEST(Url, IsPrintedWithoutItsPassword) {
    EXPECT_EQ(redact_url("wss://user:secret@h:1/p"), "wss://user:xxxxx@h:1/p");
    EXPECT_EQ(redact_url("wss://user:se@cret@h:1/p"), "wss://user:xxxxx@h:1/p");
    EXPECT_EQ(redact_url("http://user@h/p"), "http://user@h/p");
    EXPECT_EQ(redact_url("http://h:80/a:b@c"), "http://h:80/a:b@c");
    EXPECT_EQ(redact_url("user:secret@h"), "(unreadable URL)");
}

TEST(Headers, CompareNamesInAnyCase) {
    Headers headers{{"A", "1"}, {"B", "2"}, {"a", "3"}};
    EXPECT_EQ(headers.get("a"), "1");
    EXPECT_EQ(headers.all("A"), (std::vector<std::string>{"1", "3"}));
    headers.set("a", "4");
    EXPECT_EQ(headers.all("A"), (std::vector<std::string>{"4"}));
    EXPECT_EQ(headers.size(), 2u);
    headers.erase("b");
    EXPECT_FALSE(headers.contains("B"));
    headers.set("C", "5");
    EXPECT_EQ(headers.get("c"), "5");
}

TEST(Query, IsDecodedPairByPair) {
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(parse_query("a=1&b=x%20y+z&&c&d=%zz&e=1;f=2&=v"),
              (Pairs{{"a", "1"}, {"b", "x y z"}, {"c", ""}, {"", "v"}}));
    EXPECT_EQ(percent_decode("a+b%2", true), std::nullopt);
    EXPECT_EQ(percent_decode("a+b%2F", false), "a+b/");
}

TEST(Target, SplitsPathAndQuery) {
    const auto split = [](std::string target) {
        Request request;
        request.target = std::move(target);
        split_target(request);
        return request.path + "|" + request.query;
    };
    EXPECT_EQ(split("/a?b?c"), "/a|b?c");
    EXPECT_EQ(split("http://h:1"), "/|");
    EXPECT_EQ(split("https://h?x=1"), "/|x=1");
    EXPECT_EQ(split("/go?u=http://x/"), "/go|u=http://x/");
    EXPECT_EQ(split("*"), "*|");
}

}  // namespace
}  // namespace baton::net
