#include "cmd/baton/flags.hpp"

#include <gtest/gtest.h>

namespace baton::cli {
namespace {

using Words = std::vector<std::string>;

const std::vector<Flag> flags{
    {{"json", "j"}, "", Flag::Kind::boolean, ""},
    {{"file", "f"}, "", Flag::Kind::text, "none"},
    {{"page"}, "", Flag::Kind::integer, ""},
    {{"config", "c"}, "", Flag::Kind::texts, ""},
};

std::string fault(const Words& words) {
    try {
        parse_flags(flags, words);
        return "";
    } catch (const UsageError& error) {
        return error.what();
    }
}

TEST(Flags, OneAndTwoDashesMeanTheSame) {
    for (const auto* form : {"-json", "--json", "-j", "--j", "--json=true", "-j=1"}) {
        EXPECT_TRUE(parse_flags(flags, {form}).values.boolean("json")) << form;
    }
    EXPECT_FALSE(parse_flags(flags, {"--json=false"}).values.boolean("json"));
    EXPECT_TRUE(parse_flags(flags, {"--json=false"}).values.is_set("json"));
}

TEST(Flags, ValuesFollowOrStandAfterAnEqualsSign) {
    EXPECT_EQ(parse_flags(flags, {"-f", "x"}).values.text("file"), "x");
    EXPECT_EQ(parse_flags(flags, {"-f=x=y"}).values.text("file"), "x=y");
    EXPECT_EQ(parse_flags(flags, {"--file="}).values.text("file"), "");
    EXPECT_EQ(parse_flags(flags, {"--page", "-3"}).values.integer("page"), -3);
    EXPECT_EQ(parse_flags(flags, {}).values.text("file"), "none");
    EXPECT_EQ(parse_flags(flags, {"-c", "a", "-c=b"}).values.texts("config"), (Words{"a", "b"}));
}

TEST(Flags, ABooleanDoesNotTakeTheNextWord) {
    const auto parsed = parse_flags(flags, {"-j", "false", "-f", "x"});
    EXPECT_TRUE(parsed.values.boolean("json"));
    EXPECT_EQ(parsed.rest, (Words{"false", "-f", "x"}));
}

TEST(Flags, ParsingEndsAtTwoDashesAndAtTheFirstOtherWord) {
    EXPECT_EQ(parse_flags(flags, {"-j", "--", "-f"}).rest, (Words{"-f"}));
    EXPECT_EQ(parse_flags(flags, {"-", "-j"}).rest, (Words{"-", "-j"}));
    EXPECT_EQ(parse_flags(flags, {"jobs", "list", "-j"}).rest, (Words{"jobs", "list", "-j"}));
}

TEST(Flags, Faults) {
    EXPECT_EQ(fault({"--wrong"}), "flag provided but not defined: -wrong");
    EXPECT_EQ(fault({"-wrong=1"}), "flag provided but not defined: -wrong");
    EXPECT_EQ(fault({"---json"}), "bad flag syntax: ---json");
    EXPECT_EQ(fault({"-=x"}), "bad flag syntax: -=x");
    EXPECT_EQ(fault({"--file"}), "flag needs an argument: -file");
    EXPECT_EQ(fault({"-j=maybe"}), "invalid boolean value \"maybe\" for -j: parse error");
    EXPECT_EQ(fault({"--page=x"}), "invalid value \"x\" for flag -page: parse error");
    EXPECT_EQ(fault({"--config=a", "-c=b"}), "Cannot use two forms of the same flag: c config");
    EXPECT_EQ(fault({"-c=b", "--config=a"}), "Cannot use two forms of the same flag: c config");
}

TEST(Flags, LeafCommandsTakeOptionsBehindArguments) {
    EXPECT_EQ(reorder(flags, {"4", "--json", "--page", "1"}), (Words{"--json", "--page", "1", "4"}));
    EXPECT_EQ(reorder(flags, {"4", "--page=1", "x"}), (Words{"--page=1", "4", "x"}));
    EXPECT_EQ(reorder(flags, {"4", "--", "--json"}), (Words{"4", "--", "--json"}));
    EXPECT_EQ(reorder(flags, {"4", "--wrong"}), (Words{"4", "--wrong"}));
}

TEST(Flags, TheTrapOfAnArgumentBehindABoolean) {
    // The 4 goes along with --json and ends the options there.
    const auto parsed = parse_flags(flags, reorder(flags, {"--json", "4", "--page", "1"}));
    EXPECT_EQ(parsed.rest, (Words{"4", "--page", "1"}));
    EXPECT_FALSE(parsed.values.is_set("page"));
}

}  // namespace
}  // namespace baton::cli
