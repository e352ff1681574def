#include "baton/codec/cbor.hpp"

#include "baton/codec/json.hpp"
#include "baton/codec/vector_value.hpp"

#include <gtest/gtest.h>

namespace baton::codec {
namespace {

template <typename F>
std::string error_of(F&& f) {
    try {
        f();
    } catch (const CborError& error) {
        return error.what();
    }
    return "no error";
}

Bytes hex(const std::string& text) {
    return from_hex(text).value();
}

std::string standard(const std::string& text) {
    std::string result;
    const std::string error = error_of([&] { result = describe(read_cbor_standard(hex(text))); });
    return error == "no error" ? result : error;
}

std::string diet_error(const std::string& text) {
    return error_of([&] { read_cbor_diet(hex(text)); });
}

std::string repeated(const std::string& text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i)
        out += text;
    return out;
}

// RFC 8949, appendix A.
TEST(Cbor, ValuesOfTheSpecification) {
    EXPECT_EQ(standard("1bffffffffffffffff"), "uint64 18446744073709551615");
    EXPECT_EQ(standard("3903e7"), "int64 -1000");
    EXPECT_EQ(standard("3b7fffffffffffffff"), "int64 -9223372036854775808");
    EXPECT_EQ(standard("3b8000000000000000"), "bigint {-9223372036854775809}");
    EXPECT_EQ(standard("f90001"), "float64 5.960464477539063e-08");
    EXPECT_EQ(standard("f97bff"), "float64 65504");
    EXPECT_EQ(standard("f9fc00"), "float64 -Inf");
    EXPECT_EQ(standard("f97e00"), "float64 NaN");
    EXPECT_EQ(standard("fa7f7fffff"), "float64 3.4028234663852886e+38");
    EXPECT_EQ(standard("f0"), "uint64 16");
    EXPECT_EQ(standard("f7"), "null");
    EXPECT_EQ(standard("62c3bc"), "string \"\xC3\xBC\"");
    EXPECT_EQ(standard("5f42010243030405ff"), "bytes 0x0102030405");
    EXPECT_EQ(standard("9f018202039f0405ffff"), "slice [1 [2 3] [4 5]]");
    EXPECT_EQ(standard("d9d9f700"), "uint64 0");
    EXPECT_EQ(standard("c11a514b67b0"), "time 2013-03-21 20:04:00 +0000 UTC");
    EXPECT_EQ(standard("c074323031332d30332d32315432303a30343a30305a"), "time 2013-03-21 20:04:00 +0000 UTC");
    EXPECT_EQ(standard("d74401020304"), "tuple {23 [1 2 3 4]}");
}

TEST(Cbor, WhatTheSpecificationForbids) {
    EXPECT_EQ(standard("18"), "unexpected EOF");
    EXPECT_EQ(standard("1c"), "cbor: invalid additional information 28 for type positive integer");
    EXPECT_EQ(standard("1f"), "cbor: invalid additional information 31 for type positive integer");
    EXPECT_EQ(standard("df00"), "cbor: invalid additional information 31 for type tag");
    EXPECT_EQ(standard("f81f"), "cbor: invalid simple value 31 for type primitives");
    EXPECT_EQ(standard("5f6161ff"),
              "cbor: wrong element type UTF-8 text string for indefinite-length byte string");
    EXPECT_EQ(standard("5f5f4100ffff"), "cbor: indefinite-length byte string chunk is not definite-length");
    EXPECT_EQ(standard("bf00ff"), "cbor: unexpected \"break\" code");
    EXPECT_EQ(standard("61ff"), "cbor: invalid UTF-8 string");
    EXPECT_EQ(standard("7f61c361bcff"), "cbor: invalid UTF-8 string");
    EXPECT_EQ(standard("c1"), "unexpected EOF");
    EXPECT_EQ(standard("c000"), "cbor: tag number 0 must be followed by text string, got positive integer");
    EXPECT_EQ(
        standard("c16161"),
        "cbor: tag number 1 must be followed by integer or floating-point number, got UTF-8 text string");
    EXPECT_EQ(standard("c06161"),
              "cbor: cannot set a for time.Time: parsing time \"a\" as \"2006-01-02T15:04:05Z07:00\": cannot "
              "parse");
    EXPECT_EQ(standard("c11bffffffffffffffff"),
              "cbor: cannot set 1.8446744073709552e+19 for time.Time: out of range");
}

TEST(Cbor, DeclaredLengthsReserveNothing) {
    EXPECT_EQ(standard("5b7fffffffffffffff"), "unexpected EOF");
    EXPECT_EQ(standard("5bffffffffffffffff"),
              "cbor: byte string length 18446744073709551615 is too large, causing integer overflow");
    EXPECT_EQ(standard("9a00020000"), "unexpected EOF");
    EXPECT_EQ(standard("9a00020001"), "cbor: exceeded max number of elements 131072 for CBOR array");
    EXPECT_EQ(standard("ba00020001"), "cbor: exceeded max number of key-value pairs 131072 for CBOR map");
    EXPECT_EQ(standard("9f" + repeated("00", 131'073) + "ff"),
              "cbor: exceeded max number of elements 131072 for CBOR array");
}

TEST(Cbor, NestsThirtyTwoDeep) {
    EXPECT_EQ(standard(repeated("81", 32) + "00").substr(0, 6), "slice ");
    EXPECT_EQ(standard(repeated("81", 33) + "00"), "cbor: exceeded max nested level 32");
    EXPECT_EQ(standard(repeated("81", 100'000)), "cbor: exceeded max nested level 32");
    EXPECT_EQ(standard(repeated("d8ff", 33) + "00").substr(0, 6), "tuple ");
    EXPECT_EQ(standard(repeated("d8ff", 34) + "00"), "cbor: exceeded max nested level 32");
}

TEST(Cbor, KeysOfMaps) {
    EXPECT_EQ(standard("a201020103"), "generic_map map[1:3]");
    EXPECT_EQ(standard("a2010261310a"), "generic_map map[1:2 1:10]");
    EXPECT_EQ(standard("a1800000"), "cbor: invalid map key type: []interface {}");
    EXPECT_EQ(standard("a1a00000"), "cbor: invalid map key type: map[interface {}]interface {}");
    EXPECT_EQ(standard("a1c2410100"), "cbor: invalid map key type: big.Int");
    EXPECT_EQ(standard("a1d8ff410100"), "cbor: invalid map key type: cbor.Tag");
    EXPECT_EQ(diet_error("a1f600"), "unable to coerce key <nil> <nil> to a string");
    EXPECT_EQ(diet_error("6161a1f502"), "unable to coerce key bool true to a string");
}

TEST(Cbor, DietRepairsMissingMarksOnly) {
    EXPECT_EQ(write_json(read_cbor_diet(hex("f6"))), "{}");
    EXPECT_EQ(diet_error("80"),
              "cbor: cannot unmarshal array into Go value of type map[interface {}]interface {}");
    EXPECT_EQ(diet_error("f5"),
              "cbor: cannot unmarshal primitives into Go value of type map[interface {}]interface {}");
    // The map around everything is the first of 32 levels.
    EXPECT_EQ(write_json(read_cbor_diet(hex("6161" + repeated("81", 30) + "a0"))).substr(0, 6), "{\"a\":[");
    EXPECT_EQ(diet_error("6161" + repeated("81", 31) + "a0"), "cbor: exceeded max nested level 32");
    // Inside a tag maps stay as they are, so the result cannot be stored.
    EXPECT_THROW(write_json(read_cbor_diet(hex("6161d8ffa10102"))), JsonUnsupported);
}

TEST(Cbor, NoCutOfValidBytesIsReadBeyondItsEnd) {
    const Bytes bytes = hex(
        "bf6161c249010000000000000000616282f5fb400921fb54442d186163bf61785f410143000102ffff61647f6161ffff");
    ASSERT_EQ(error_of([&] { read_cbor_diet(bytes); }), "no error");
    for (std::size_t length = 1; length < bytes.size(); ++length)
        EXPECT_EQ(error_of([&] { read_cbor_standard(BytesView(bytes).first(length)); }), "unexpected EOF")
            << length;
}

}  // namespace
}  // namespace baton::codec
