#include "baton/jobs/directrequest/pending_logs.hpp"

#include <gtest/gtest.h>

namespace baton::jobs {
namespace {

model::Log log_at(std::uint64_t block, std::uint64_t index = 0, std::uint8_t fork = 0) {
    model::Log log;
    log.block_number = block;
    log.block_hash.bytes[0] = static_cast<std::uint8_t>(block);
    log.block_hash.bytes[1] = fork;
    log.log_index = index;
    return log;
}
PendingLogs::Id id_of(std::int32_t job, const model::Log& log) {
    return {job, model::key_of(log)};
}

TEST(PendingLogs, ALogIsAddedOncePerJob) {
    PendingLogs pending;
    EXPECT_TRUE(pending.add(1, log_at(5), 1));
    EXPECT_FALSE(pending.add(1, log_at(5), 1));
    EXPECT_TRUE(pending.add(2, log_at(5), 1));
    EXPECT_TRUE(pending.add(1, log_at(5, 1), 1));
    EXPECT_TRUE(pending.add(1, log_at(5, 0, 1), 1)) << "the same place in another block";
    EXPECT_EQ(pending.size(), 4U);
}

TEST(PendingLogs, AConsumedLogIsNotAddedAgainUntilItIsForgotten) {
    PendingLogs pending;
    pending.add(1, log_at(5), 1);
    pending.consumed(id_of(1, log_at(5)), 5);
    EXPECT_EQ(pending.size(), 0U);
    EXPECT_FALSE(pending.add(1, log_at(5), 1));
    EXPECT_TRUE(pending.is_known(id_of(1, log_at(5))));
    pending.forget_below(5);
    EXPECT_FALSE(pending.add(1, log_at(5), 1));
    pending.forget_below(6);
    EXPECT_TRUE(pending.add(1, log_at(5), 1));
}

TEST(PendingLogs, ALogIsDueWhenItIsDeepEnough) {
    PendingLogs pending;
    pending.add(1, log_at(10), 3);
    EXPECT_TRUE(pending.due(11).empty());
    EXPECT_EQ(pending.due(12).size(), 1U);
    pending.add(2, log_at(12), 0);
    EXPECT_EQ(pending.due(12).size(), 2U) << "none is the same as one confirmation";
    EXPECT_EQ(pending.due(11).size(), 0U);
}

TEST(PendingLogs, DueOnesComeInTheOrderOfTheChain) {
    PendingLogs pending;
    pending.add(1, log_at(12), 1);
    pending.add(9, log_at(11, 7), 1);
    pending.add(2, log_at(11, 30), 1);
    pending.add(3, log_at(11, 7), 1);
    const auto due = pending.due(20);
    ASSERT_EQ(due.size(), 4U);
    EXPECT_EQ(due[0], id_of(3, log_at(11, 7)));
    EXPECT_EQ(due[1], id_of(9, log_at(11, 7)));
    EXPECT_EQ(due[2], id_of(2, log_at(11, 30)));
    EXPECT_EQ(due[3], id_of(1, log_at(12)));
}

TEST(PendingLogs, WhatRunsIsNotDueAndIsCounted) {
    PendingLogs pending;
    pending.add(1, log_at(5), 1);
    pending.set_running(id_of(1, log_at(5)), true);
    pending.set_running(id_of(1, log_at(5)), true);
    EXPECT_EQ(pending.running(), 1U);
    EXPECT_EQ(pending.running_of(1), 1U);
    EXPECT_EQ(pending.running_of(2), 0U);
    EXPECT_TRUE(pending.due(9).empty());
    pending.set_running(id_of(1, log_at(5)), false);
    EXPECT_EQ(pending.running(), 0U);
    EXPECT_EQ(pending.due(9).size(), 1U);
    pending.set_running(id_of(1, log_at(5)), true);
    pending.consumed(id_of(1, log_at(5)), 5);
    EXPECT_EQ(pending.running(), 0U);
    pending.set_running(id_of(1, log_at(5)), false);
    EXPECT_EQ(pending.running(), 0U);
}

TEST(PendingLogs, AReorganisationTakesOutWhatWaitsAboveTheFork) {
    PendingLogs pending;
    pending.add(1, log_at(5), 1);
    pending.add(1, log_at(6), 1);
    pending.add(1, log_at(7), 1);
    pending.set_running(id_of(1, log_at(7)), true);
    const auto keys = pending.orphan_above(5);
    EXPECT_EQ(keys, std::vector<model::LogKey>{model::key_of(log_at(6))})
        << "what runs is decided by its commit";
    EXPECT_EQ(pending.size(), 2U);
    EXPECT_TRUE(pending.add(1, log_at(6), 1)) << "the block came back";
}

TEST(PendingLogs, TheLogsOfADeletedJobGo) {
    PendingLogs pending;
    pending.add(1, log_at(5), 1);
    pending.add(2, log_at(6), 1);
    pending.add(1, log_at(7), 1);
    pending.set_running(id_of(1, log_at(7)), true);
    EXPECT_EQ(pending.lowest_block(), 5U);
    pending.remove_job(1);
    EXPECT_EQ(pending.lowest_block(), 6U);
    EXPECT_EQ(pending.running(), 0U);
    EXPECT_EQ(pending.running_of(1), 0U);
    pending.remove_job(2);
    EXPECT_FALSE(pending.lowest_block());
}

}  // namespace
}  // namespace baton::jobs
