#include "baton/codec/json.hpp"

#include "baton/base/big_int.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace baton::codec {
namespace {

template <typename F>
std::string error_of(F&& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

std::string strict_error(std::string_view text, JsonNumbers numbers = JsonNumbers::exact) {
    return error_of([&] { read_json(text, numbers); });
}

std::string first_error(std::string_view text) {
    return error_of([&] { read_first_json(text); });
}

std::string checksum_stub(const Address& address) {
    return "CHECKSUM" + to_hex(address.view()).substr(36);
}

std::string stored(const Value& value) {
    return write_stored_json(value, checksum_stub);
}

TEST(JsonRead, EndOfTextInBothReaders) {
    EXPECT_EQ(strict_error(""), "unexpected end of JSON input");
    EXPECT_EQ(strict_error("{"), "unexpected end of JSON input");
    EXPECT_EQ(strict_error("[1,"), "unexpected end of JSON input");
    EXPECT_EQ(first_error(""), "EOF");
    EXPECT_EQ(first_error(" \n\t"), "EOF");
    EXPECT_EQ(first_error("{\"a\": 1"), "unexpected EOF");
    EXPECT_EQ(first_error("\"abc"), "unexpected EOF");
    EXPECT_EQ(first_error("-"), "unexpected EOF");
    EXPECT_EQ(first_error("1.5e"), "unexpected EOF");
    EXPECT_EQ(first_error("tru"), "unexpected EOF");
}

TEST(JsonRead, ErrorsNameCharacterAndPlace) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"abc", "invalid character 'a' looking for beginning of value"},
        {"// c", "invalid character '/' looking for beginning of value"},
        {"f(uint256 a)", "invalid character '(' in literal false (expecting 'a')"},
        {"nulL", "invalid character 'L' in literal null (expecting 'l')"},
        {"{a:1}", "invalid character 'a' looking for beginning of object key string"},
        {"{\"a\" 1}", "invalid character '1' after object key"},
        {"{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"},
        {"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
        {"[1 2]", "invalid character '2' after array element"},
        {"[1,]", "invalid character ']' looking for beginning of value"},
        {"[01]", "invalid character '1' after array element"},
        {"[1.x]", "invalid character 'x' after decimal point in numeric literal"},
        {"[-x]", "invalid character 'x' in numeric literal"},
        {"[1e+]", "invalid character ']' in exponent of numeric literal"},
        {"\"\\x\"", "invalid character 'x' in string escape code"},
        {"\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"},
        {"\"a\nb\"", "invalid character '\\n' in string literal"},
        {"{'a':1}", "invalid character '\\'' looking for beginning of object key string"},
        {std::string("[\0]", 3), "invalid character '\\x00' looking for beginning of value"},
        {"\xff", "invalid character '\xC3\xBF' looking for beginning of value"},
        {"\xEF\xBB\xBF{}", "invalid character '\xC3\xAF' looking for beginning of value"},
    };
    for (const auto& [text, error] : cases) {
        EXPECT_EQ(strict_error(text), error) << text;
        EXPECT_EQ(first_error(text), error) << text;
    }
}

TEST(JsonRead, TrailingTextMattersToTheStrictReaderOnly) {
    EXPECT_EQ(strict_error("{\"a\":1} x"), "invalid character 'x' after top-level value");
    EXPECT_EQ(strict_error("01"), "invalid character '1' after top-level value");
    EXPECT_EQ(write_json(read_json(" {\"a\":1} \n")), "{\"a\":1}");
    EXPECT_EQ(write_json(read_first_json("{\"a\":1} x")), "{\"a\":1}");
    EXPECT_EQ(write_json(read_first_json("01")), "0");
    EXPECT_EQ(write_json(read_first_json("1.5.5")), "1.5");
    EXPECT_EQ(write_json(read_first_json("\"a\"x")), "\"a\"");
    EXPECT_EQ(write_json(read_first_json("[1]\xff")), "[1]");
}

TEST(JsonRead, ExactNumbersTakeTheSmallestKindThatHoldsThem) {
    EXPECT_EQ(read_json("-0").go_kind(), "int64");
    EXPECT_EQ(*read_json("-9223372036854775808").get_if<std::int64_t>(),
              std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(*read_json("9223372036854775808").get_if<std::uint64_t>(), 9223372036854775808U);
    EXPECT_EQ(read_json("-9223372036854775809").go_kind(), "*big.Int");
    EXPECT_EQ(to_decimal(*read_json("123456789012345678901234567890").get_if<BigInt>()),
              "123456789012345678901234567890");
    EXPECT_EQ(*read_json("1.0").get_if<double>(), 1.0);
    EXPECT_EQ(*read_json("1e3").get_if<double>(), 1000.0);
    EXPECT_EQ(write_json(read_json("-0.0")), "-0");
}

TEST(JsonRead, FloatReadingMakesEveryNumberAFloat) {
    EXPECT_EQ(*read_json("1", JsonNumbers::float64).get_if<double>(), 1.0);
    EXPECT_EQ(*read_json("18446744073709551616", JsonNumbers::float64).get_if<double>(),
              18446744073709551616.0);
    EXPECT_EQ(strict_error("[1e400]", JsonNumbers::float64),
              "json: cannot unmarshal number 1e400 into Go value of type float64");
}

TEST(JsonRead, ExponentsOfAnySize) {
    EXPECT_EQ(strict_error("1e400"),
              "failed to parse json.Value: strconv.ParseFloat: parsing \"1e400\": value out of range");
    EXPECT_EQ(strict_error("-1E+99999999999999999999"),
              "failed to parse json.Value: strconv.ParseFloat: parsing \"-1E+99999999999999999999\": value "
              "out of range");
    EXPECT_EQ(*read_json("1e-400").get_if<double>(), 0.0);
    EXPECT_EQ(*read_json("1e-99999999999999999999").get_if<double>(), 0.0);
    EXPECT_EQ(*read_json("0e99999999999999999999").get_if<double>(), 0.0);
    EXPECT_EQ(*read_json("5e-324").get_if<double>(), 5e-324);
    EXPECT_EQ(*read_json("0." + std::string(400, '0') + "1e401").get_if<double>(), 1.0);
    EXPECT_EQ(*read_json("1" + std::string(400, '0') + "e-400").get_if<double>(), 1.0);
    // A syntax error further on is reported before a number that is out of range.
    EXPECT_EQ(strict_error("[1e400,x]"), "invalid character 'x' looking for beginning of value");
}

TEST(JsonRead, InvalidUtf8AndLoneSurrogatesBecomeReplacementCharacters) {
    const std::string replacement = "\xEF\xBF\xBD";
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"\"\\ud800\"", replacement},
        {"\"\\udc00x\"", replacement + "x"},
        {"\"\\ud800\\u0041\"", replacement + "A"},
        {"\"\\ud800\\ud800\\udc00\"", replacement + "\xF0\x90\x80\x80"},
        {"\"\\ud83d\\ude00\"", "\xF0\x9F\x98\x80"},
        {"\"a\xff\xfe\"", "a" + replacement + replacement},
        {"\"\xed\xa0\x80\"", replacement + replacement + replacement},
        {"\"\xc0\xaf\"", replacement + replacement},
        {"\"\xe2\x82\"", replacement + replacement},
        {"\"\\\\ud800\"", "\\ud800"},
    };
    for (const auto& [text, expected] : cases)
        EXPECT_EQ(*read_json(text).text_or_null(), expected) << text;
    EXPECT_EQ(write_json(read_json("{\"\xff\":1,\"n\":1e-99999999999}")),
              "{\"n\":0,\"" + replacement + "\":1}");
}

TEST(JsonRead, OfEqualKeysTheLastWins) {
    EXPECT_EQ(write_json(read_json("{\"a\":1,\"b\":2,\"a\":3}")), "{\"a\":3,\"b\":2}");
}

TEST(JsonRead, NestsTenThousandDeepAndNoFurther) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    const std::string deepest = nested(10'000);
    EXPECT_EQ(write_json(read_json(deepest)), deepest);
    EXPECT_EQ(strict_error(nested(10'001)), "exceeded max depth");
    EXPECT_EQ(strict_error(std::string(1'000'000, '[')), "exceeded max depth");

    std::string objects;
    for (int i = 0; i < 9'999; ++i)
        objects += "{\"a\":";
    objects += "[" + std::string("{}") + "]" + std::string(9'998, '}');
    EXPECT_EQ(strict_error(objects), "exceeded max depth");
}

TEST(JsonRead, RawMembersKeepTheBytesOfValues) {
    const auto members = read_raw_members(" { \"value\" : {\"b\": [1,  2]} , \"\\u0065rror\":null} trailing");
    ASSERT_EQ(members.size(), 2U);
    EXPECT_EQ(members[0].first, "value");
    EXPECT_EQ(members[0].second, "{\"b\": [1,  2]}");
    EXPECT_EQ(members[1].first, "error");
    EXPECT_EQ(members[1].second, "null");
    EXPECT_TRUE(read_raw_members("{ }").empty());
    EXPECT_EQ(error_of([] { read_raw_members("[1]"); }),
              "json: cannot unmarshal array into Go value of type object");
    EXPECT_EQ(error_of([] { read_raw_members("{\"a\":"); }), "unexpected EOF");
}

TEST(JsonWrite, RequestsEscapeAsGoDoes) {
    EXPECT_EQ(write_json(Value("<a&b>\xE2\x80\xA8\x7F\b\f\r")),
              "\"\\u003ca\\u0026b\\u003e\\u2028\x7F\\u0008\\u000c\\r\"");
    EXPECT_EQ(write_json(Value("\xff")), "\"\\ufffd\"");
    EXPECT_EQ(write_json(Value::map({{"b", 1}, {"<", 2}, {"\xC3\xA9", 3}})),
              "{\"\\u003c\":2,\"b\":1,\"\xC3\xA9\":3}");
}

TEST(JsonWrite, FloatsInGoForm) {
    EXPECT_EQ(json_number(1e20), "100000000000000000000");
    EXPECT_EQ(json_number(1e21), "1e+21");
    EXPECT_EQ(json_number(1.5e-7), "1.5e-7");
    EXPECT_EQ(json_number(1e-6), "0.000001");
    EXPECT_EQ(json_number(1e-100), "1e-100");
    EXPECT_EQ(json_number(9007199254740991231.0), "9007199254740991000");
    EXPECT_EQ(json_number(0.1F), "0.1");
    EXPECT_EQ(json_number(-0.0), "-0");
    EXPECT_EQ(json_number(5e-324), "5e-324");
}

TEST(JsonWrite, RequestsAndStorageDiffer) {
    Address address;
    address.bytes.back() = 0xAB;
    const Value value = Value::map({
        {"bytes", Bytes{1, 2}},
        {"address", address},
        {"fixed", FixedBytesValue{{1, 2}}},
        {"uuid", FixedBytesValue{*from_hex("a5ac14e876294726b1f11ae053fc829e"), true}},
        {"empty", Value::list({})},
        {"map", Value::map({})},
        {"decimal", std::get<Decimal>(Decimal::parse("1.50"))},
        {"error", ErrorValue{"boom"}},
        {"memo", Value::memo(Value::map({{"b", Bytes{1, 2}}}))},
        {"big", BigInt("123456789012345678901234567890")},
        {"bignum", CborBignum{5}},
        {"addresses", Value::typed_list("address", {address})},
        {"two", Value::typed_list("address", {address}, 1)},
        {"words", Value::typed_list("bytes2", {FixedBytesValue{{1, 2}}})},
        {"none", Value::typed_list("hash", {})},
        {"numbers", Value::typed_list("bigint", {})},
        {"tuple", Value::tuple({{"z", Bytes{1}}, {"a", 1}})},
    });
    const std::string text = "0x00000000000000000000000000000000000000ab";
    EXPECT_EQ(
        write_json(value),
        R"({"address":")" + text + R"(","addresses":[")" + text +
            R"("],"big":123456789012345678901234567890,"bignum":{},"bytes":"AQI=","decimal":"1.5","empty":[],)"
            R"("error":{},"fixed":[1,2],"map":{},"memo":{"b":"AQI="},"none":[],"numbers":[],)"
            R"("tuple":{"z":"AQ==","a":1},"two":[")" +
            text + R"("],"uuid":"a5ac14e8-7629-4726-b1f1-1ae053fc829e","words":[[1,2]]})");
    EXPECT_EQ(
        stored(value),
        R"({"address":"CHECKSUM00ab","addresses":["CHECKSUM00ab"],"big":123456789012345678901234567890,)"
        R"("bignum":{},"bytes":"0x0102","decimal":"1.5","empty":null,"error":{},"fixed":"0x0102","map":{},)"
        R"("memo":{"b":"AQI="},"none":null,"numbers":[],"tuple":{"z":"AQ==","a":1},"two":[")" +
            text + R"("],"uuid":"0xa5ac14e876294726b1f11ae053fc829e","words":[[1,2]]})");
}

TEST(JsonWrite, NumbersOfMemoObjectsAreTextsInsideOnlyAsTheyAre) {
    EXPECT_EQ(write_json(Value::memo(5)), "\"5\"");
    EXPECT_EQ(stored(Value::memo(BigInt("-18446744073709551616"))), "\"-18446744073709551616\"");
    EXPECT_EQ(write_json(Value::memo(Value::list({5, 1.5}))), "[5,1.5]");
    EXPECT_EQ(write_json(Value::memo(Value::memo("x"))), "\"x\"");
}

TEST(JsonWrite, WhatCannotBeWrittenIsRefused) {
    EXPECT_EQ(error_of([] { write_json(Value::list({std::numeric_limits<double>::quiet_NaN()})); }),
              "json: unsupported value: NaN");
    EXPECT_EQ(error_of([] { stored(-std::numeric_limits<float>::infinity()); }),
              "json: unsupported value: -Inf");
    EXPECT_EQ(error_of([] { stored(Value(std::make_shared<GenericMap>())); }),
              "json: unsupported type: map[interface {}]interface {}");
}

TEST(JsonAccess, StepsThatAreMissingGiveNothing) {
    const Value document = read_json(R"({"data":[{"name":"x","n":7,"ok":true,"big":18446744073709551616}]})");
    EXPECT_EQ(*at(document, {"data", "0", "name"})->text_or_null(), "x");
    EXPECT_EQ(at(document, {"data", "1", "name"}), nullptr);
    EXPECT_EQ(at(document, {"data", "x"}), nullptr);
    EXPECT_EQ(at(document, {"data", "0", "name", "y"}), nullptr);
    const Value& first = *at(document, {"data", "0"});
    EXPECT_EQ(string_or(first, "name"), "x");
    EXPECT_EQ(string_or(first, "n", "none"), "none");
    EXPECT_TRUE(bool_or(first, "ok", false));
    EXPECT_EQ(int64_member(first, "n"), 7);
    EXPECT_EQ(int64_member(first, "big"), std::nullopt);
    EXPECT_EQ(to_big_int(*member(first, "big")), BigInt("18446744073709551616"));
}

TEST(Value, CopiesShareContainersAndMovedFromIsNull) {
    Value list = Value::list({1, 2});
    const Value copy = list;
    std::get<std::shared_ptr<List>>(list.storage())->push_back(3);
    EXPECT_EQ(copy.list_or_null()->size(), 3U);
    const Value moved = std::move(list);
    EXPECT_TRUE(list.is_null());  // NOLINT: what a move leaves behind is promised
    EXPECT_EQ(moved.list_or_null()->size(), 3U);
}

TEST(Value, CopiesShareLongTextsAndBytes) {
    const std::string text(100'000, 'x');
    const Value value = text;
    const Value copy = value;
    EXPECT_EQ(*copy.text_or_null(), text);
    EXPECT_EQ(copy.text_or_null(), value.text_or_null()) << "two texts instead of one";
    EXPECT_EQ(copy.go_kind(), "string");
    EXPECT_EQ(write_json(copy).size(), text.size() + 2);
    const Value bytes = Bytes(100'000);
    const Value same = bytes;
    EXPECT_EQ(same.get_if<Bytes>(), bytes.get_if<Bytes>()) << "two arrays instead of one";
    EXPECT_EQ(same.go_kind(), "[]uint8");
    const Value list = Value::list({value, "short"});
    EXPECT_EQ(list.list_or_null()->front().text_or_null(), value.text_or_null());
}

TEST(Value, DestroyingADeepValueNeedsLittleStack) {
    Value value = 1;
    Value shared;
    for (int i = 0; i < 100'000; ++i) {
        value = i % 2 == 0 ? Value::list({std::move(value)}) : Value::map({{"a", std::move(value)}});
        if (i == 50'000) shared = value;
    }
    value = Null{};
    EXPECT_NE(shared.list_or_null(), nullptr);
}

}  // namespace
}  // namespace baton::codec
