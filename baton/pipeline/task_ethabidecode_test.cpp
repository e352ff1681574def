#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

/// 32 bytes that end with these hex digits.
std::string word(const std::string& digits) {
    return std::string(64 - digits.size(), '0') + digits;
}
const std::string ones(64, 'f');

std::string decode(const std::string& abi, const std::string& words) {
    return run("ethabidecode abi=\"" + abi + "\"", {"0x" + words});
}

}  // namespace

TEST(EthAbiDecode, GivesAMapOfTheArguments) {
    EXPECT_EQ(decode("uint256 price, bool ok", word("7b") + word("1")), "{ok: bool true, price: bigint 123}");
    EXPECT_EQ(
        decode("string s, bytes b", word("40") + word("80") + word("3") + "616263" + std::string(58, '0') +
                                        word("2") + "0102" + std::string(60, '0')),
        "{b: bytes 0x0102, s: string abc}");
    EXPECT_EQ(run(R"g(ethabidecode abi="uint8 a" data="$(d)")g", {word("1")}, {{"d", "0x" + word("12")}}),
              "{a: uint8 18}");
    EXPECT_EQ(decode("uint8 a, uint8 a", word("1") + word("2")), "{a: uint8 2}") << "the last of a name";
    EXPECT_EQ(decode("uint8 a", word("1") + word("2")), "{a: uint8 1}") << "more is ignored";
    EXPECT_EQ(run("ethabidecode abi=\"uint8 a\"", {""}), "{}");
    EXPECT_EQ(run("ethabidecode abi=\"uint8 a\"", {Value()}), "{}");
}

TEST(EthAbiDecode, KindsOfValues) {
    EXPECT_EQ(decode("uint16 a, int64 b", word("ffff") + ones), "{a: uint16 65535, b: int64 -1}");
    EXPECT_EQ(decode("uint8 a", word("1ff")), "{a: uint8 255}") << "higher bits are ignored";
    EXPECT_EQ(decode("uint24 a, int128 b", word("1") + ones), "{a: bigint 1, b: bigint -1}");
    EXPECT_EQ(decode("address a", ones), "{a: address 0x" + std::string(40, 'f') + "}");
    EXPECT_EQ(decode("bytes4 a", "deadbeef" + std::string(56, '0')), "{a: fixedbytes 0xdeadbeef}");
    EXPECT_EQ(decode("address[] a", word("20") + word("1") + word("5")),
              "{a: address[address 0x" + word("5").substr(24) + "]}");
    EXPECT_EQ(decode("uint256[2] a", word("1") + word("2")), "{a: bigint[bigint 1, bigint 2]}");
    EXPECT_EQ(decode("uint8[] a", word("20") + word("2") + word("1") + word("2")), "{a: bytes 0x0102}");
}

TEST(EthAbiDecode, ArgumentsAreReadAsLooselyAsV1111Does) {
    EXPECT_EQ(decode(" bytes  memory b , uint255x n", word("40") + word("7") + word("0")),
              "{b: bytes 0x, n: bigint 7}");
    EXPECT_EQ(decode("uint8 memoryUsed", word("1")), "{Used: uint8 1}") << "the keyword is dropped anywhere";
    EXPECT_EQ(decode(to_0x(to_bytes("uint8 a")), word("1")), "{a: uint8 1}") << "an ABI in hex";
    const auto fault = [](const std::string& reason) {
        return "error: bad ABI specification, " + reason + ": bad input for task";
    };
    EXPECT_EQ(decode("uint8", word("1")), fault("missing argument name: uint8"));
    EXPECT_EQ(decode("uint8 a, ", word("1")), fault("empty argument: uint8 a,"));
    EXPECT_EQ(decode("uint8 indexed a", word("1")),
              fault("too many components in argument: uint8 indexed a"));
    EXPECT_EQ(decode("uint a", word("1")),
              "error: bad ABI specification: unsupported arg type: uint: bad input for task");
}

TEST(EthAbiDecode, DataThatDoesNotFitIsRefused) {
    EXPECT_EQ(decode("uint256 a, uint256 b", word("1")),
              "error: abi: cannot marshal in to go type: length insufficient 32 require 64");
    EXPECT_EQ(decode("bool a", word("2")), "error: abi: improperly encoded boolean value");
    EXPECT_EQ(decode("bytes a", word("60") + word("1")),
              "error: abi: cannot marshal in to go slice: offset 128 would go over slice boundary (len=64)");
    EXPECT_EQ(run("ethabidecode"), "error: data: index out of range; abi: parameter is empty");
    EXPECT_EQ(run("ethabidecode abi=\"uint8 a\" data=\"0x01\""), "error: data: index out of range")
        << "data that is written is ignored";
    expect_at_most_one_input("ethabidecode abi=\"uint8 a\"");
}

}  // namespace baton::pipeline::testing
