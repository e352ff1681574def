#include "baton/codec/abi.hpp"

#include "baton/base/big_int.hpp"
#include "baton/codec/vector_value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::codec {
namespace {

using testing::HasSubstr;

template <typename F>
std::string error_of(F&& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

/// A word whose last bytes are the number.
std::string word(std::uint64_t number) {
    return to_hex(to_big_endian(BigInt(number), 32));
}

Bytes hex_data(const std::string& hex) {
    return from_hex(hex).value();
}

std::string decode_error(const std::string& arguments, const Bytes& bytes) {
    return error_of([&] { abi_decode(parse_abi_arguments(arguments, false), bytes); });
}

Value decode_one(const std::string& type, const Bytes& bytes) {
    return abi_decode(parse_abi_arguments(type + " a", false), bytes).at(0);
}

TEST(AbiType, SizesAndNames) {
    EXPECT_EQ(parse_abi_type("uint256[2][3]").head_size(), 192U);
    EXPECT_FALSE(parse_abi_type("uint256[2][3]").is_dynamic());
    EXPECT_TRUE(parse_abi_type("string[2]").is_dynamic());
    EXPECT_EQ(parse_abi_type("string[2]").head_size(), 32U);
    EXPECT_EQ(parse_abi_type("uint24").element_name(), "bigint");
    EXPECT_EQ(parse_abi_type("uint8[][4]").element_name(), "bytes[4]");
    EXPECT_EQ(parse_abi_type("bool[2][]").element_name(), "bool[2][]");
    const AbiType tuple =
        parse_abi_type("tuple[]", {{"a", parse_abi_type("uint8")}, {"b", parse_abi_type("bytes")}});
    EXPECT_EQ(tuple.canonical, "(uint8,bytes)[]");
    EXPECT_EQ(Value::typed_list("bool[2]", {}).go_kind(), "[][2]bool");
    EXPECT_EQ(Value::typed_list("bigint", {}, 3).go_kind(), "[3]*big.Int");
}

TEST(AbiType, WhatTheLooseParserRefuses) {
    const auto refused = [](const std::string& text) { return error_of([&] { parse_abi_type(text); }); };
    EXPECT_EQ(refused("uint"), "unsupported arg type: uint");
    EXPECT_EQ(refused("int[]"), "unsupported arg type: int");
    EXPECT_EQ(refused("uint8["), "invalid arg type in abi");
    EXPECT_EQ(refused("uint8[1 2]"), "invalid formatting of array type");
    EXPECT_EQ(refused("_1_"), "invalid type '_1_'");
    EXPECT_EQ(refused("fixed128x18"),
              "abi: error parsing variable size: strconv.Atoi: parsing \"128x18\": invalid syntax");
    EXPECT_EQ(refused("uint99999999999999999999"),
              "abi: error parsing variable size: strconv.Atoi: parsing \"99999999999999999999\": value out "
              "of range");
    EXPECT_EQ(refused("uint255x"), "no error");
    EXPECT_EQ(refused("bytes33"), "no error");
}

TEST(AbiType, SizesThatCouldNotBeHeldAreRefused) {
    const auto refused = [](const std::string& text) { return error_of([&] { parse_abi_type(text); }); };
    EXPECT_THAT(refused("uint8[4294967296]"), HasSubstr("too large"));
    EXPECT_THAT(refused("uint8[1000000][1000000][1000000]"), HasSubstr("too large"));
    std::string deep = "uint8";
    for (int i = 0; i < 100'000; ++i)
        deep += "[]";
    EXPECT_THAT(refused(deep), HasSubstr("nested arrays"));
    const AbiType large = parse_abi_type("uint8[60000000]");
    EXPECT_THAT(error_of([&] {
                    parse_abi_type("tuple", {{"a", large}, {"b", large}});
                }),
                HasSubstr("too large"));
}

TEST(AbiText, ComponentsOfJsonAreBounded) {
    std::string json = R"({"name":"f","inputs":[)";
    for (int i = 0; i < 1'000; ++i)
        json += R"({"name":"a","type":"tuple","components":[)";
    for (int i = 0; i < 1'000; ++i)
        json += "]}";
    EXPECT_THAT(error_of([&] { parse_abi_json(json + "]}"); }), HasSubstr("nested tuples"));
    EXPECT_EQ(error_of([] { parse_abi_json("[]"); }),
              "json: cannot unmarshal array into Go value of type abi.Method");
}

// The examples of the specification, https://docs.soliditylang.org/en/latest/abi-spec.html#examples.
TEST(AbiEncode, ExamplesOfTheSpecification) {
    const auto sam = parse_abi_signature("sam(bytes a, bool b, uint256[] c)", false);
    EXPECT_EQ(sam.canonical(), "sam(bytes,bool,uint256[])");
    const std::vector<Value> values = {to_bytes("dave"), true,
                                       Value::typed_list("bigint", {BigInt(1), BigInt(2), BigInt(3)})};
    EXPECT_EQ(to_hex(abi_encode(sam.arguments, values)), word(0x60) + word(1) + word(0xa0) + word(4) +
                                                             "64617665" + std::string(56, '0') + word(3) +
                                                             word(1) + word(2) + word(3));

    const auto g = parse_abi_arguments("uint256[][] a, string[] b", false);
    const Value nested = Value::list({Value::list({1, 2}), Value::list({3})});
    const Value strings = Value::list({"one", "two", "three"});
    const std::vector<Value> converted = {abi_convert(nested, g[0].type), abi_convert(strings, g[1].type)};
    const std::string expected = word(0x40) + word(0x140) + word(2) + word(0x40) + word(0xa0) + word(2) +
                                 word(1) + word(2) + word(1) + word(3) + word(3) + word(0x60) + word(0xa0) +
                                 word(0xe0) + word(3) + "6f6e65" + std::string(58, '0') + word(3) + "74776f" +
                                 std::string(58, '0') + word(5) + "7468726565" + std::string(54, '0');
    EXPECT_EQ(to_hex(abi_encode(g, converted)), expected);

    const std::vector<Value> decoded = abi_decode(g, hex_data(expected));
    EXPECT_EQ(vector_difference(decoded[0], converted[0]), "");
    EXPECT_EQ(vector_difference(decoded[1], converted[1]), "");
}

TEST(AbiEncode, TuplesAndArraysOfThemComeBackAsTheyWere) {
    const AbiSignature signature = parse_abi_json(R"({"name":"f","inputs":[
        {"name":"s","type":"tuple[2]","components":[{"name":"n","type":"uint64"},{"name":"h","type":"bytes32"}]},
        {"name":"d","type":"tuple[]","components":[{"name":"t","type":"string"},
            {"name":"x","type":"tuple","components":[{"name":"a","type":"address[]"},{"name":"i","type":"int40"}]}]},
        {"name":"last","type":"int8"}]})");
    EXPECT_EQ(signature.canonical(), "f((uint64,bytes32)[2],(string,(address[],int40))[],int8)");
    const Value pair = Value::map({{"n", 7}, {"h", Bytes{1, 2}}});
    const Value inner =
        Value::map({{"a", Value::list({"0x1111111111111111111111111111111111111111"})}, {"i", -5}});
    const Value outer = Value::map({{"t", "text"}, {"x", inner}});
    const std::vector<Value> values = {
        abi_convert(Value::list({pair, pair}), signature.arguments[0].type),
        abi_convert(Value::list({outer}), signature.arguments[1].type),
        abi_convert(-3, signature.arguments[2].type),
    };
    const Bytes encoded = abi_encode(signature.arguments, values);
    const std::vector<Value> decoded = abi_decode(signature.arguments, encoded);
    for (std::size_t i = 0; i < values.size(); ++i)
        EXPECT_EQ(vector_difference(decoded.at(i), values[i]), "");
    EXPECT_EQ(to_hex(abi_encode(signature.arguments, decoded)), to_hex(encoded));

    // Every cut of valid data is an error or shorter data, never a read beyond the end.
    for (std::size_t length = 1; length < encoded.size(); ++length) {
        const Bytes cut(encoded.begin(), encoded.begin() + static_cast<std::ptrdiff_t>(length));
        EXPECT_NE(error_of([&] { abi_decode(signature.arguments, cut); }), "no error") << length;
    }
}

TEST(AbiEncode, RefusesWhatDoesNotFit) {
    const auto arguments = parse_abi_arguments("uint8 a", false);
    EXPECT_EQ(error_of([&] { abi_encode(arguments, {}); }), "argument count mismatch: got 0 for 1");
    const std::vector<Value> text = {"x"};
    EXPECT_EQ(error_of([&] { abi_encode(arguments, text); }),
              "abi: cannot use string as type uint8 as argument");
}

TEST(AbiConvert, NumbersAreCutAsUpstreamDoes) {
    const auto convert = [](const Value& value, const std::string& type) {
        return describe(abi_convert(value, parse_abi_type(type)));
    };
    EXPECT_EQ(convert(-1, "uint8"), "uint8 1");
    EXPECT_EQ(convert(BigInt("-9223372036854775808"), "int64"), "int64 -9223372036854775808");
    EXPECT_EQ(convert(std::uint64_t{18446744073709551615U}, "uint256"), "bigint -1");
    EXPECT_EQ(convert("1e200", "uint256").size(), 208U);
    // From 10^257 on: a multiple of 2^256, of which nothing is left in a word.
    EXPECT_EQ(convert("1e300", "uint256"), "bigint 0");
    EXPECT_EQ(convert("1e2000000000", "uint256"), "bigint 0");
    EXPECT_EQ(convert("1e-2000000000", "uint8"), "uint8 0");
    EXPECT_EQ(error_of([&] { convert(128, "int8"); }), "overflow");
    EXPECT_EQ(error_of([&] { convert(Value::memo(5), "int8"); }),
              "type pipeline.ObjectParam cannot be converted to decimal.Decimal (\"5\")");
    EXPECT_THROW(convert(Value(), "uint8"), AbiAbort);
    EXPECT_THROW(convert(5, "uint8[]"), AbiAbort);
}

TEST(AbiConvert, BytesAreCutOrFilled) {
    const auto convert = [](const Value& value, const std::string& type) {
        return describe(abi_convert(value, parse_abi_type(type)));
    };
    EXPECT_EQ(convert(Bytes{1, 2, 3}, "bytes2"), "fixedbytes 0x0102");
    EXPECT_EQ(convert(Bytes{1}, "bytes2"), "fixedbytes 0x0100");
    EXPECT_EQ(convert("ab", "bytes2"), "fixedbytes 0x6162");
    EXPECT_EQ(convert("ab", "uint8[]"), "bytes 0x6162");
    EXPECT_EQ(error_of([&] { convert("0x010203", "bytes2"); }),
              "incorrect length: expected 2, got 3: bad input for task");
    EXPECT_EQ(error_of([&] { convert("0x123", "bytes"); }), "hex string of odd length");
    EXPECT_EQ(error_of([&] { convert(Bytes{}, "function"); }),
              "cannot convert []uint8 to function: bad input for task");
}

TEST(AbiDecode, MalformedDataIsNamed) {
    EXPECT_EQ(decode_error("uint256 a", {}),
              "abi: attempting to unmarshall an empty string while arguments are expected");
    EXPECT_EQ(decode_error("uint256 a", Bytes(31)),
              "abi: cannot marshal in to go type: length insufficient 31 require 32");
    EXPECT_EQ(decode_error("bool a", hex_data(word(2))), "abi: improperly encoded boolean value");
    EXPECT_EQ(decode_error("bytes a", hex_data(word(64))),
              "abi: cannot marshal in to go slice: offset 96 would go over slice boundary (len=32)");
    EXPECT_EQ(decode_error("bytes a", hex_data(word(32) + word(33) + word(0))),
              "abi: cannot marshal in to go type: length insufficient 96 require 97");
    EXPECT_EQ(decode_error("bytes a", hex_data(word(32) + std::string(64, 'f'))),
              "abi: length larger than int64: "
              "11579208923731619542357098500868790785326998466564056403945758400791312963"
              "9999");
    EXPECT_THAT(decode_error("uint256[] a", hex_data(std::string(64, 'f') + word(1))),
                HasSubstr("slice boundary (len=64)"));
    EXPECT_THAT(decode_error("uint256[] a", hex_data(word(32) + word(32) + word(0))),
                HasSubstr("into go array"));
    EXPECT_THAT(decode_error("string[2] a", hex_data(word(4096) + word(0))),
                HasSubstr("greater than output length"));
    EXPECT_THAT(decode_error("function a", hex_data(std::string(64, '1'))),
                HasSubstr("improperly encoded function type"));
}

TEST(AbiDecode, BitsBeyondTheTypeAreIgnored) {
    EXPECT_EQ(describe(decode_one("int8", hex_data(std::string(62, '0') + "ff"))), "int8 -1");
    EXPECT_EQ(describe(decode_one("uint16", hex_data(std::string(64, 'f')))), "uint16 65535");
    EXPECT_EQ(describe(decode_one("int24", hex_data(std::string(64, 'f')))), "bigint -1");
    EXPECT_EQ(describe(decode_one("address", hex_data(std::string(64, '1')))),
              "address 0x" + std::string(40, '1'));
}

TEST(AbiDecode, OffsetsThatPointInCirclesComeToAnEnd) {
    // Each word is an offset and a length alike: every level has 32 elements that begin at the same place.
    std::string bomb;
    for (int i = 0; i < 64; ++i)
        bomb += word(32);
    EXPECT_THAT(decode_error("uint256[][][][][][][][][][] a", hex_data(bomb)),
                HasSubstr("the data describes more than"));

    std::string copies = word(32) + word(1'000);
    for (int i = 0; i < 1'000; ++i)
        copies += word(32'000);
    copies += word(64'000) + std::string(128'000, 'a');
    EXPECT_THAT(decode_error("bytes[] a", hex_data(copies)), HasSubstr("the data describes more than"));

    // Few words, but lists of types that are long to name: nine levels of two that lie at the same place, and
    // at their end arrays of nothing within each other.
    std::string type = "uint8";
    for (int i = 0; i < 40; ++i)
        type += "[0]";
    std::string nested = word(32);
    for (int i = 0; i < 9; ++i) {
        type += "[]";
        nested += word(2) + word(64) + word(64);
    }
    EXPECT_THAT(decode_error(type + " a", hex_data(nested)), HasSubstr("the data describes more than"));
}

TEST(AbiDecodeLog, IndexedArgumentsComeFromTopics) {
    Hash hash;
    hash.bytes.fill(0xAA);
    const AbiArguments arguments =
        parse_abi_arguments("string indexed s, uint8[] indexed l, bytes4 indexed b", true);
    const std::vector<Hash> topics(4, hash);
    const Map values = abi_decode_log(arguments, {}, topics);
    EXPECT_EQ(*values.at("s").get_if<Hash>(), hash);
    EXPECT_EQ(*values.at("l").get_if<Hash>(), hash);
    EXPECT_EQ(describe(values.at("b")), "fixedbytes 0xaaaaaaaa");
    EXPECT_EQ(error_of([&] { abi_decode_log(arguments, {}, std::span(topics).first(3)); }),
              "topic/field count mismatch");
    EXPECT_EQ(error_of([&] { abi_decode_log(arguments, {}, {}); }), "topic/field count mismatch");
    const AbiArguments tuple = parse_abi_arguments("tuple indexed t", true);
    EXPECT_EQ(error_of([&] { abi_decode_log(tuple, {}, std::span(topics).first(2)); }),
              "tuple type in topic reconstruction");
}

}  // namespace
}  // namespace baton::codec
