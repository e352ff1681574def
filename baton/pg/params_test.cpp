#include "baton/pg/params.hpp"

#include "baton/base/error.hpp"
#include "baton/pg/statement_cache.hpp"
#include "baton/pg/text_format.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace baton::pg {
namespace {

using Elements = std::vector<std::optional<std::string>>;

WallTime at(int year, unsigned month, unsigned day, std::chrono::microseconds of_day) {
    return WallTime(std::chrono::sys_days(std::chrono::year_month_day{
               std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)})) +
           of_day;
}

TEST(Params, AreTexts) {
    Params params;
    params.add("text")
        .add(true)
        .add(-5)
        .add(std::uint64_t(18446744073709551615u))
        .add(BigInt("-12345678901234567890"));
    params.add(Bytes{0, 255})
        .add_null()
        .add(std::optional<std::int64_t>())
        .add(std::optional<std::int64_t>(7));
    params.add(*Uuid::parse("a5ac14e8-7629-4726-b1f1-1ae053fc829e"));
    const Elements expected = {"text",
                               "t",
                               "-5",
                               "18446744073709551615",
                               "-12345678901234567890",
                               "\\x00ff",
                               std::nullopt,
                               std::nullopt,
                               "7",
                               "a5ac14e8-7629-4726-b1f1-1ae053fc829e"};
    EXPECT_EQ(params.values(), expected);
}

TEST(Params, RefuseTextsThatLibpqWouldCut) {
    Params params;
    EXPECT_THROW(params.add(std::string_view("a\0b", 3)), InvalidInput);
    ArrayParam array;
    EXPECT_THROW(array.add(std::string_view("a\0b", 3)), InvalidInput);
}

TEST(ArrayParam, QuotesWhatNeedsIt) {
    ArrayParam array;
    EXPECT_EQ(array.text(), "{}");
    array.add("a").add("").add("NULL").add("x,\"y\"\\{}").add_null().add(1).add(false).add(Bytes{0xab});
    EXPECT_EQ(array.text(), R"({"a","","NULL","x,\"y\"\\{}",NULL,1,f,"\\xab"})");
}

TEST(ArrayParam, IsReadBack) {
    ArrayParam array;
    array.add("a").add("").add("NULL").add("x,\"y\"\\{}").add_null().add(12);
    EXPECT_EQ(parse_array(array.text()), (Elements{"a", "", "NULL", "x,\"y\"\\{}", std::nullopt, "12"}));
    EXPECT_EQ(parse_array("{}"), Elements{});
    EXPECT_EQ(parse_array("[0:1]={a,b}"), (Elements{"a", "b"}));
}

TEST(ParseArray, RefusesWhatIsNotOneDimensional) {
    for (const char* text :
         {"", "a", "{", "{a", "{a,}", "{,}", "{{a},{b}}", "{\"a}", "{\"a\\", "{a}b", "{\"a\"b}", "[0:1]"}) {
        EXPECT_FALSE(parse_array(text)) << text;
    }
}

TEST(Timestamps, KeepMicroseconds) {
    using namespace std::chrono_literals;
    EXPECT_EQ(timestamp_text(at(2022, 1, 2, 3h + 4min + 5s + 6us)), "2022-01-02T03:04:05.000006Z");
    EXPECT_EQ(timestamp_text(at(1969, 12, 31, 24h - 1us)), "1969-12-31T23:59:59.999999Z");
    EXPECT_THROW(timestamp_text(at(0, 1, 1, 0us)), InvalidInput);
}

TEST(Timestamps, AreReadInEveryFormOfTheServer) {
    using namespace std::chrono_literals;
    const auto expected = at(2022, 1, 2, 3h + 4min + 5s + 120ms);
    EXPECT_EQ(parse_timestamp("2022-01-02 03:04:05.12+00"), expected);
    EXPECT_EQ(parse_timestamp("2022-01-02 03:04:05.12"), expected);
    EXPECT_EQ(parse_timestamp("2022-01-02 04:34:05.12+01:30"), expected);
    EXPECT_EQ(parse_timestamp("2022-01-01 22:04:05.12-05"), expected);
    EXPECT_EQ(parse_timestamp("2022-01-02 03:04:05+00"), at(2022, 1, 2, 3h + 4min + 5s));
    EXPECT_EQ(parse_timestamp("12022-01-02 00:00:00+00"), at(12022, 1, 2, 0us));
    for (const char* text : {"", "infinity", "2022-01-02", "2022-13-02 03:04:05", "2022-01-02 03:04:05 BC",
                             "2022-01-02T03:04:05", "2022-01-02 03:04:05.", "2022-02-30 00:00:00"}) {
        EXPECT_FALSE(parse_timestamp(text)) << text;
    }
}

TEST(QuoteIdentifier, DoublesQuotes) {
    EXPECT_EQ(quote_identifier("a\"b C"), "\"a\"\"b C\"");
}

TEST(StatementCache, ForgetsTheLeastRecentlyUsedFirst) {
    StatementCache cache(2);
    cache.use("one").prepared = true;
    cache.use("two").prepared = true;
    EXPECT_EQ(cache.use("one").name, "s1");
    cache.use("three").prepared = true;
    ASSERT_TRUE(cache.full());
    EXPECT_EQ(cache.least_recent().sql, "two");
    cache.remove_least_recent();
    EXPECT_FALSE(cache.full());
    EXPECT_EQ(cache.use("two").name, "s4") << "a name is never used twice, the server may still know it";
}

TEST(StatementCache, ForgetsWhatTheServerNeverPrepared) {
    StatementCache cache(10);
    cache.use("prepared").prepared = true;
    cache.use("skipped");
    cache.remove_unprepared();
    EXPECT_EQ(cache.size(), 1u);
    EXPECT_FALSE(cache.use("skipped").prepared);
    EXPECT_TRUE(cache.use("prepared").prepared);
}

}  // namespace
}  // namespace baton::pg
