#include "baton/pipeline/expression.hpp"

#include "baton/codec/json.hpp"
#include "baton/pipeline/go_text.hpp"
#include "baton/pipeline/go_url.hpp"
#include "baton/pipeline/stored_json.hpp"

#include <gtest/gtest.h>

namespace baton::pipeline {

using codec::Value;

TEST(JsonTemplate, WhatVariablesBringInIsShared) {
    codec::Map vars{{"big", Value::map({{"text", std::string(100, 'x')}})}};
    const JsonTemplate json(R"({"a": $(big)})");
    const auto filled = json.fill(vars, false);
    ASSERT_TRUE(filled);
    EXPECT_EQ(filled->map_or_null()->at("a").map_or_null(), vars.at("big").map_or_null());
}

TEST(JsonTemplate, EachUseHasAContainerOfItsOwn) {
    // The merge task writes into its left map.
    const JsonTemplate json(R"({"a": 1})");
    const auto first = json.fill({}, false);
    const auto second = json.fill({}, false);
    EXPECT_NE(first->map_or_null(), second->map_or_null());
}

TEST(JsonTemplate, MarkersInsideVariablesAreResolvedAndEnd) {
    codec::Map vars;
    vars.emplace("x", 5);
    vars.emplace("holder", Value::map({{"inner", Value::map({{"__chainlink_key_path__", "x"}})}}));
    const auto filled = JsonTemplate("[$(holder)]").fill(vars, false);
    ASSERT_TRUE(filled);
    EXPECT_EQ(codec::write_json(*filled), R"([{"inner":5}])");
    // The variable itself is as it was.
    EXPECT_EQ(codec::write_json(vars.at("holder")), R"({"inner":{"__chainlink_key_path__":"x"}})");

    codec::List twice(2, Value::map({{"__chainlink_key_path__", "loop"}}));
    vars.emplace("loop", Value::list(std::move(twice)));
    const auto endless = JsonTemplate("[$(loop)]").fill(vars, false);
    ASSERT_FALSE(endless);
    EXPECT_TRUE(endless.error().text.ends_with(": bad input for task")) << endless.error().text;
}

TEST(MentionsVariable, FollowsThePatternOfNames) {
    EXPECT_TRUE(mentions_variable("http://x/$( a.b )"));
    EXPECT_TRUE(mentions_variable("$($(a))"));
    EXPECT_FALSE(mentions_variable("$(a-b)"));
    EXPECT_FALSE(mentions_variable("$()"));
    EXPECT_FALSE(mentions_variable("$(a"));
}

TEST(GoText, TrimsUnicodeSpace) {
    EXPECT_EQ(trim_space("\t\xC2\xA0 a b \xE3\x80\x80\n"), "a b");
    EXPECT_EQ(trim_space(" \xC2\x85"), "");
    // Not UTF-8, so not space.
    EXPECT_EQ(trim_space(" \x85"), "\x85");
}

TEST(GoText, IntegerLiterals) {
    EXPECT_EQ(*parse_int_literal("0x1F", 32), 31);
    EXPECT_EQ(*parse_int_literal("-0b11", 32), -3);
    EXPECT_EQ(*parse_int_literal("0o17", 32), 15);
    EXPECT_EQ(*parse_int_literal("0x_1", 32), 1);
    EXPECT_EQ(*parse_int_literal("-2147483648", 32), -2147483648LL);
    for (const std::string_view bad : {"_1", "1__0", "1_", "0x", "08", "2147483648", ""}) {
        EXPECT_FALSE(parse_int_literal(bad, 32)) << bad;
    }
}

TEST(GoText, StorableTextIsUtf8WithoutNul) {
    EXPECT_EQ(storable_text(std::string_view("a\0b\xC3(\xED\xA0\x80", 8)),
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(storable_text("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80");
}

TEST(StoredJson, RefusesWhatJsonbRefuses) {
    EXPECT_EQ(*storable_json(R"({"a\u0000":"\\u0000\u0000"})"), R"({"a\ufffd":"\\u0000\ufffd"})");
    EXPECT_TRUE(storable_json("\"" + std::string(5000, '[') + "\""));
    EXPECT_TRUE(storable_json(std::string(1000, '[') + std::string(1000, ']')));
    EXPECT_FALSE(storable_json(std::string(1001, '[') + std::string(1001, ']')));
    EXPECT_TRUE(storable_json(std::string(100'000, '1')));
    EXPECT_FALSE(storable_json(std::string(100'001, '1')));
    EXPECT_FALSE(stored_json(std::numeric_limits<double>::infinity()));
}

TEST(RequestUrl, WritesWhatItRead) {
    const auto round_trip = [](std::string_view text) {
        const auto url = parse_request_url(text);
        return url ? url->to_string() : url.error().text;
    };
    EXPECT_EQ(round_trip("HTTP://Host/a%2Fb?q=%zz#x"), "http://Host/a%2Fb?q=%zz#x");
    EXPECT_EQ(round_trip("http://h/b#c d"), "http://h/b%23c%20d");
    EXPECT_EQ(round_trip("/only/path"), "/only/path");
    EXPECT_EQ(round_trip("http://[::1]:80/"), "http://[::1]:80/");
    EXPECT_EQ(round_trip("http://u:p%40@h/"), "http://u:p%40@h/");
    EXPECT_EQ(round_trip("http://h?"), "http://h?");
    EXPECT_EQ(round_trip(":x"), "parse \":x\": missing protocol scheme");
    EXPECT_EQ(round_trip("http://[::1/"), "parse \"http://[::1/\": missing ']' in host");
    EXPECT_EQ(round_trip(""), "parse \"\": empty url");
    EXPECT_EQ(parse_request_url("http://u:p@h/x")->to_safe_string(), "http://u:***@h/x");
}

}  // namespace baton::pipeline
