#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

std::string parse(const Value& data, const std::string& mode = "") {
    return run("cborparse data=\"$(d)\" " + mode, {}, {{"d", data}});
}

const std::string standard = "mode=standard";

}  // namespace

TEST(Cborparse, DietReadsAMapWithOrWithoutItsFrame) {
    EXPECT_EQ(parse("0xa1616101"), "{a: uint64 1}");
    EXPECT_EQ(parse("0xbf616101ff"), "{a: uint64 1}");
    EXPECT_EQ(parse("0x616101"), "{a: uint64 1}");
    EXPECT_EQ(parse("0x616101", "mode=diet"), "{a: uint64 1}");
    EXPECT_EQ(parse("0xbf616101ff000000"), "{a: uint64 1}") << "what follows is padding";
    EXPECT_EQ(parse("0xbf616101"), "error: CBORParse: data: unexpected EOF: bad input for task")
        << "a frame that was begun has to end";
    EXPECT_EQ(parse("aabbb"), "{a: string bb}") << "a text that is no hex is its bytes";
    EXPECT_EQ(parse(Bytes{}), "{}");
    EXPECT_EQ(parse(Value()), "{}");
}

TEST(Cborparse, KindsOfValues) {
    EXPECT_EQ(parse("0x616120"), "{a: int64 -1}");
    EXPECT_EQ(parse("0x61613bffffffffffffffff"), "{a: bigint -18446744073709551616}");
    EXPECT_EQ(parse("0x6161420102"), "{a: bytes 0x0102}");
    EXPECT_EQ(parse("0x61618301f4f6"), "{a: [uint64 1, bool false, null]}");
    EXPECT_EQ(parse("0x6161f93e00"), "{a: float64 1.5}");
    EXPECT_EQ(parse("0x6161c249010000000000000000"), "{a: bigint 18446744073709551616}");
    EXPECT_EQ(parse("0x6161a1616202"), "{a: {b: uint64 2}}");
    EXPECT_EQ(parse("0x616101616102"), "{a: uint64 2}") << "the last of two";
    EXPECT_EQ(parse("0x6161a10102"),
              "error: CBORParse: data: unable to coerce key uint64 1 to a string: bad input for task");
}

TEST(Cborparse, StandardReadsOneValueAsItIs) {
    EXPECT_EQ(parse("0x1864", standard), "uint64 100");
    EXPECT_EQ(parse("0x83010203", standard), "[uint64 1, uint64 2, uint64 3]");
    EXPECT_EQ(parse("0xa1016161", standard), "generic_map map[1:a]");
    EXPECT_EQ(parse(Bytes{}, standard), "null");
    EXPECT_EQ(parse("0x61ff", standard),
              "error: CBORParse: data: cbor: invalid UTF-8 string: bad input for task");
}

TEST(Cborparse, TakesAVariableOnly) {
    EXPECT_EQ(run("cborparse data=\"0xa1616101\"", {"0xa1616101"}), "error: data: parameter is empty");
    EXPECT_EQ(run("cborparse", {"0xa1616101"}), "error: data: parameter is empty");
    EXPECT_EQ(parse("0xa0", "mode=Diet"), "error: unrecognised mode: Diet");
    EXPECT_EQ(parse("0xa0", "mode=\"$(m)\""), "error: unrecognised mode: $(m)");
    EXPECT_EQ(parse(true), "error: data: expected array of bytes, got bool: bad input for task");
    expect_any_number_of_inputs("cborparse data=\"$(d)\"", {{"d", "0xa0"}});
}

}  // namespace baton::pipeline::testing
