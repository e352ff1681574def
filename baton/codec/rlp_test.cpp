#include "baton/codec/rlp.hpp"

#include <gtest/gtest.h>

namespace baton::codec {
namespace {

template <typename F>
std::string error_of(F&& f) {
    try {
        f();
    } catch (const RlpError& error) {
        return error.what();
    }
    return "no error";
}

Bytes hex(const std::string& text) {
    return from_hex(text).value();
}

std::string read_error(const std::string& text) {
    const Bytes bytes = hex(text);
    return error_of([&] { RlpItem::read(bytes); });
}

// The examples of https://ethereum.org/en/developers/docs/data-structures-and-encoding/rlp/.
TEST(Rlp, ExamplesOfTheSpecification) {
    EXPECT_EQ(to_hex(RlpWriter().text("dog").finish()), "83646f67");
    EXPECT_EQ(to_hex(RlpWriter().begin_list().text("cat").text("dog").end_list().finish()),
              "c88363617483646f67");
    EXPECT_EQ(to_hex(RlpWriter().text("").finish()), "80");
    EXPECT_EQ(to_hex(RlpWriter().begin_list().end_list().finish()), "c0");
    EXPECT_EQ(to_hex(RlpWriter().integer(0).finish()), "80");
    EXPECT_EQ(to_hex(RlpWriter().text(std::string(1, '\0')).finish()), "00");
    EXPECT_EQ(to_hex(RlpWriter().integer(15).finish()), "0f");
    EXPECT_EQ(to_hex(RlpWriter().integer(1024).finish()), "820400");
    RlpWriter three;
    three.begin_list().begin_list().end_list();
    three.begin_list().begin_list().end_list().end_list();
    three.begin_list().begin_list().end_list().begin_list().begin_list().end_list().end_list().end_list();
    EXPECT_EQ(to_hex(three.end_list().finish()), "c7c0c1c0c3c0c1c0");
    const Bytes lorem = RlpWriter().text("Lorem ipsum dolor sit amet, consectetur adipisicing elit").finish();
    EXPECT_EQ(to_hex(BytesView(lorem).first(4)), "b8384c6f");
}

TEST(Rlp, LongListsAndIntegers) {
    RlpWriter writer;
    writer.begin_list();
    for (int i = 0; i < 300; ++i)
        writer.integer(BigInt(1) << i);
    const Bytes bytes = writer.end_list().finish();
    EXPECT_EQ(bytes.front(), 0xF9);
    const std::vector<RlpItem> items = RlpItem::read(bytes).items();
    ASSERT_EQ(items.size(), 300U);
    EXPECT_EQ(items[299].integer(), BigInt(1) << 299);
    EXPECT_EQ(items[63].uint64(), std::uint64_t{1} << 63);
    EXPECT_EQ(error_of([&] { items[64].uint64(); }), "RLP: an integer of more than 64 bits");
    EXPECT_EQ(to_hex(RlpWriter().raw(items[8].raw()).finish()), "820100");
}

TEST(Rlp, OnlyTheCanonicalFormIsRead) {
    EXPECT_EQ(read_error("8100"), "RLP: a byte below 0x80 must stand for itself");
    EXPECT_EQ(read_error("8180"), "no error");
    EXPECT_EQ(read_error("b801ff"), "RLP: a length in long form that fits the short one");
    EXPECT_EQ(read_error("b90038"), "RLP: a length with leading zeros");
    EXPECT_EQ(read_error("c0c0"), "RLP: 1 bytes behind the item");
    const Bytes zeros = hex("820001");
    EXPECT_EQ(error_of([&] { RlpItem::read(zeros).integer(); }), "RLP: an integer with leading zeros");
}

TEST(Rlp, LengthsBeyondTheEndAreRefused) {
    EXPECT_EQ(read_error(""), "RLP: the input ends where an item should begin");
    EXPECT_EQ(read_error("83646f"), "RLP: an item reaches beyond the end of the input");
    EXPECT_EQ(read_error("bf"), "RLP: the input ends inside the length of an item");
    EXPECT_EQ(read_error("bfffffffffffffffff00"), "RLP: an item reaches beyond the end of the input");
    EXPECT_EQ(read_error("ffffffffffffffffff00"), "RLP: an item reaches beyond the end of the input");
    const Bytes list = hex("c283646f");
    EXPECT_EQ(error_of([&] { RlpItem::read(list).items(); }), "RLP: 1 bytes behind the item");
    const Bytes inner = hex("c2836400");
    EXPECT_EQ(error_of([&] { RlpItem::read(BytesView(inner).first(3)).items(); }),
              "RLP: an item reaches beyond the end of the input");
}

TEST(Rlp, KindsAreNotMixedUp) {
    const Bytes list = hex("c0");
    const Bytes text = hex("80");
    EXPECT_EQ(error_of([&] { RlpItem::read(list).bytes(); }), "RLP: a list where a string should be");
    EXPECT_EQ(error_of([&] { RlpItem::read(text).items(); }), "RLP: a string where a list should be");
    EXPECT_THROW(RlpWriter().end_list(), std::logic_error);
    EXPECT_THROW(RlpWriter().begin_list().finish(), std::logic_error);
}

}  // namespace
}  // namespace baton::codec
