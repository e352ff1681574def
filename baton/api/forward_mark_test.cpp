#include "baton/api/forward_mark.hpp"

#include <gtest/gtest.h>

namespace baton::api {
namespace {

const auto token = *Uuid::parse("a5ac14e8-7629-4726-b1f1-1ae053fc829e");
const auto other_token = *Uuid::parse("b5ac14e8-7629-4726-b1f1-1ae053fc829e");

TEST(ForwardMark, IsGoodForItsEpochTokenAndCallOnly) {
    const auto mark = write_forward_mark({7, "key-1"}, token, "POST", "/v2/jobs");
    const auto read = read_forward_mark(mark, 7, token, "POST", "/v2/jobs");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->key, "key-1");
    EXPECT_FALSE(read_forward_mark(mark, 8, token, "POST", "/v2/jobs"));
    EXPECT_FALSE(read_forward_mark(mark, 7, other_token, "POST", "/v2/jobs"));
    EXPECT_FALSE(read_forward_mark(mark, 7, token, "DELETE", "/v2/jobs"));
    EXPECT_FALSE(read_forward_mark(mark, 7, token, "POST", "/v2/jobs/1"));
}

TEST(ForwardMark, WhatNobodyMadeIsNone) {
    for (const auto* text : {"", " ", "7", "7 key", "7 key ", "7 key 00", "  ", "8 key-1 ff"})
        EXPECT_FALSE(read_forward_mark(text, 7, token, "POST", "/v2/jobs")) << text;
}

TEST(ForwardMark, DoesNotHoldTheToken) {
    const auto mark = write_forward_mark({7, "key-1"}, token, "POST", "/v2/jobs");
    EXPECT_EQ(mark.find(token.to_string()), std::string::npos);
    EXPECT_EQ(mark.find(token.to_dashless()), std::string::npos);
}

}  // namespace
}  // namespace baton::api
