#include "baton/pg/server_history.hpp"

#include "baton/pg/error.hpp"

#include <gtest/gtest.h>

namespace baton::pg {

namespace {

ServerIdentity server(const std::string& identifier, const std::string& timeline) {
    return {identifier, timeline, 150000};
}

class ServerHistoryTest : public ::testing::Test {
  protected:
    ServerHistoryTest() {
        history_.on_change = [this] { ++changes_; };
        history_.on_other = [this](const std::string&) { ++others_; };
    }
    ServerHistory history_;
    int changes_ = 0;
    int others_ = 0;
};

TEST_F(ServerHistoryTest, TheFirstSessionSaysWhatItIs) {
    history_.require(server("7", "00000001"));
    EXPECT_FALSE(history_.adopt(server("7", "00000001")));
    EXPECT_EQ(changes_, 0);
    EXPECT_TRUE(history_.adopt(server("7", "00000002")));
    EXPECT_EQ(changes_, 1);
}

TEST_F(ServerHistoryTest, ASessionOnANewerTimelineOrAnotherServerIsRefusedAndReported) {
    history_.adopt(server("7", "0000000F"));
    EXPECT_THROW(history_.require(server("7", "00000010")), OtherHistory);
    EXPECT_EQ(others_, 1);
    EXPECT_THROW(history_.require(server("8", "00000001")), OtherHistory);
    EXPECT_EQ(others_, 2);
    EXPECT_EQ(changes_, 0) << "only lock sessions decide";
}

TEST_F(ServerHistoryTest, AFormerPrimaryIsRefusedOnly) {
    history_.adopt(server("7", "00000002"));
    EXPECT_THROW(history_.require(server("7", "00000001")), OtherHistory);
    EXPECT_EQ(others_, 0);
}

TEST_F(ServerHistoryTest, WhatAServerDoesNotTellCountsAsEqual) {
    history_.adopt(server("7", "00000001"));
    history_.require(server("", ""));
    history_.require(server("7", ""));
    EXPECT_FALSE(history_.adopt(server("", "00000001")));
}

}  // namespace

}  // namespace baton::pg
