#include "baton/base/error.hpp"
#include "baton/pg/connection.hpp"
#include "testing/database.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace baton::pg {
namespace {

class BinaryArrays : public test::DatabaseTest {
  protected:
    void SetUp() override {
        test::DatabaseTest::SetUp();
        session_ = run(Connection::open(database().session_options(), soon()));
    }
    /// How the server prints the array.
    template <typename Element>
    std::string printed(const BinaryArray<Element>& array, const std::string& type) {
        Params params;
        params.add("before").add(array).add(1);
        auto sql = "select ($2::" + type + "[])::text, $1::text, $3::int";
        const auto rows = run(session_->query(std::move(sql), std::move(params), soon()));
        EXPECT_EQ(rows[0].str(1), "before");
        EXPECT_EQ(rows[0].int32(2), 1);
        return rows[0].str(0);
    }

    std::unique_ptr<Connection> session_;
};

TEST_F(BinaryArrays, NumbersKeepTheirSign) {
    BinaryArray<element::Int4> int4;
    EXPECT_EQ(printed(int4, "int"), "{}");
    int4.add(1);
    int4.add_null();
    int4.add(-2'147'483'648);
    EXPECT_EQ(printed(int4, "int"), "{1,NULL,-2147483648}");
    BinaryArray<element::Int8> int8;
    int8.add(-1);
    int8.add(9'223'372'036'854'775'807);
    EXPECT_EQ(printed(int8, "bigint"), "{-1,9223372036854775807}");
}

TEST_F(BinaryArrays, TextsNeedNoQuotes) {
    BinaryArray<element::Text> array;
    for (const char* text : {"a", "", "NULL", "x,\"y\"\\{}", "\xc3\xa4"})
        array.add(std::string(text));
    array.add(std::optional<std::string>());
    EXPECT_EQ(printed(array, "text"), "{a,\"\",\"NULL\",\"x,\\\"y\\\"\\\\{}\",\xc3\xa4,NULL}");
    EXPECT_THROW(array.add(std::string("a\0b", 3)), InvalidInput);
}

TEST_F(BinaryArrays, JsonIsRead) {
    BinaryArray<element::Json> array;
    array.add(std::string(R"({"b": [1.50, null], "a": "x"})"));
    array.add(std::optional<std::string>());
    EXPECT_EQ(printed(array, "jsonb"), R"({"{\"a\": \"x\", \"b\": [1.50, null]}",NULL})");
}

TEST_F(BinaryArrays, BytesAndIdsAreWhatTheyWere) {
    BinaryArray<element::Bytea> bytes;
    bytes.add(Bytes{0, 255});
    bytes.add(Bytes{});
    EXPECT_EQ(printed(bytes, "bytea"), R"({"\\x00ff","\\x"})");
    BinaryArray<element::UuidValue> ids;
    ids.add(*Uuid::parse("a5ac14e8-7629-4726-b1f1-1ae053fc829e"));
    EXPECT_EQ(printed(ids, "uuid"), "{a5ac14e8-7629-4726-b1f1-1ae053fc829e}");
}

TEST_F(BinaryArrays, TimesKeepMicrosecondsBeforeAndAfterTheServersEpoch) {
    using namespace std::chrono;
    run(session_->query("set timezone = 'UTC'", soon()));
    BinaryArray<element::Time> times;
    times.add(WallTime(sys_days(year(2022) / 1 / 2)) + microseconds(6));
    times.add(WallTime(sys_days(year(1970) / 1 / 1)) - microseconds(1));
    EXPECT_EQ(printed(times, "timestamptz"),
              R"({"2022-01-02 00:00:00.000006+00","1969-12-31 23:59:59.999999+00"})");
    EXPECT_THROW(times.add(WallTime(sys_days(year(0) / 1 / 1))), InvalidInput);
}

}  // namespace
}  // namespace baton::pg
