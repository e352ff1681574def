#include "baton/store/logs.hpp"

#include "baton/pg/error.hpp"
#include "testing/product_world.hpp"

namespace baton::store {
namespace {

class Logs : public test::ProductWorld {
  protected:
    void SetUp() override {
        ProductWorld::SetUp();
        if (IsSkipped()) return;
        job_ = stored(direct_job());
    }
    const model::Job& job() const { return job_; }
    static model::Head head(std::uint64_t number) {
        model::Head made;
        made.number = number;
        made.hash = hash(static_cast<std::uint32_t>(number));
        made.parent_hash = hash(static_cast<std::uint32_t>(number) - 1);
        made.timestamp = at(static_cast<int>(number));
        return made;
    }
    /// Blocks up to `number` are processed; nothing in them.
    static ProcessedBlocks processed(std::uint64_t number) {
        ProcessedBlocks blocks;
        blocks.chain_id = chain_id();
        blocks.processed_number = number;
        blocks.processed_hash = hash(static_cast<std::uint32_t>(number));
        return blocks;
    }
    Broadcast seen(std::uint32_t block, std::uint64_t index = 0) const {
        return {job_.id, log_key(block, index), block};
    }
    std::vector<Broadcast> record(ProcessedBlocks blocks) {
        return run(record_blocks(writer(), std::move(blocks)));
    }
    ResumePoint resume_point() {
        std::vector<std::int32_t> jobs{job_.id};
        return run(load_resume_point(pool(), "baton", chain_id(), std::move(jobs), soon()));
    }
    std::string numbers() {
        return database().value("select string_agg(number::text, ',' order by number) from evm_heads");
    }

  private:
    model::Job job_;
};

TEST_F(Logs, HeadsAreKeptAsDeepAsTheHistory) {
    auto blocks = processed(5);
    blocks.head_history_depth = 3;
    for (std::uint64_t i = 1; i <= 5; ++i)
        blocks.heads.push_back(head(i));
    blocks.heads.back().base_fee_per_gas = BigInt("7000000000");
    blocks.heads.back().l1_block_number = 77;
    record(blocks);
    EXPECT_EQ(numbers(), "3,4,5");
    EXPECT_EQ(
        database().value(
            "select base_fee_per_gas || ' ' || l1_block_number || ' ' || extract(epoch from timestamp - "
            "'2022-01-01Z') from evm_heads where number = 5"),
        "7000000000 77 5.000000");
    record(blocks);
    EXPECT_EQ(numbers(), "3,4,5") << "heads that are known are left alone";
}

TEST_F(Logs, TheHistoryCountsRowsOfAReorganisedHeightToo) {
    auto blocks = processed(3);
    blocks.head_history_depth = 2;
    blocks.heads = {head(1), head(2), head(3)};
    auto other = head(3);
    other.hash = hash(300);
    blocks.heads.push_back(other);
    record(blocks);
    EXPECT_EQ(numbers(), "3,3") << "below the second highest stored row, as v1.11.0 trims";
}

TEST_F(Logs, AnotherChainsHeadsAreNotTrimmed) {
    add_chain(5);
    database().run(
        "insert into evm_heads (hash, number, parent_hash, created_at, timestamp, evm_chain_id) values (" +
        literal(hash(1).view()) + ", 1, " + literal(hash(0).view()) + ", now(), now(), 5)");
    auto blocks = processed(100);
    blocks.head_history_depth = 1;
    blocks.heads = {head(100)};
    record(blocks);
    EXPECT_EQ(numbers(), "1,100");
}

TEST_F(Logs, SeenLogsAreInsertedOnceAndKeepTheirState) {
    auto blocks = processed(6);
    blocks.seen = {seen(5), seen(5, 1), seen(6)};
    EXPECT_EQ(record(blocks).size(), 3U);
    EXPECT_EQ(count("log_broadcasts where not consumed and block_number in (5, 6) and evm_chain_id = 1337"),
              3);
    EXPECT_FALSE(run(is_consumed(pool(), job().id, chain_id(), log_key(5), soon())));
    run(mark_consumed(writer(), job().id, chain_id(), log_key(5), 5));
    EXPECT_TRUE(run(is_consumed(pool(), job().id, chain_id(), log_key(5), soon())));
    const auto waiting = record(blocks);
    ASSERT_EQ(waiting.size(), 2U);
    for (const auto& one : waiting)
        EXPECT_NE(one.key, log_key(5)) << "told to whoever read it again";
    EXPECT_EQ(count("log_broadcasts"), 3);
    EXPECT_EQ(count("log_broadcasts where consumed"), 1) << "what was consumed stays consumed";
}

TEST_F(Logs, ALogOfADeletedJobDoesNotHoldUpItsBlock) {
    const auto gone = stored(direct_job("gone", 50));
    auto blocks = processed(5);
    blocks.seen = {seen(5), {gone.id, log_key(5), 5}};
    run(delete_job(writer(), gone.id));
    EXPECT_EQ(record(blocks).size(), 1U);
    EXPECT_EQ(count("log_broadcasts"), 1);
    EXPECT_EQ(resume_point().processed, 5U);
}

TEST_F(Logs, OrphanedLogsAreDeletedUnlessConsumed) {
    add_broadcast(job(), 5);
    add_broadcast(job(), 6, true);
    add_broadcast(job(), 7);
    auto blocks = processed(7);
    blocks.orphaned = {log_key(5), log_key(6)};
    record(blocks);
    EXPECT_EQ(count("log_broadcasts where block_number = 5"), 0);
    EXPECT_EQ(count("log_broadcasts where block_number = 6 and consumed"), 1) << "it prevents a second run";
    EXPECT_EQ(count("log_broadcasts where block_number = 7"), 1);
}

TEST_F(Logs, ALogThatIsOrphanedAndSeenAgainAtOnceIsOnRecord) {
    add_broadcast(job(), 5);
    auto blocks = processed(6);
    blocks.orphaned = {log_key(5)};
    blocks.seen = {seen(5)};
    record(blocks);
    EXPECT_EQ(count("log_broadcasts where not consumed"), 1);
}

TEST_F(Logs, RejectingConsumesWithOrWithoutARow) {
    add_broadcast(job(), 5);
    run(mark_consumed(writer(), job().id, chain_id(), log_key(5), 5));
    run(mark_consumed(writer(), job().id, chain_id(), log_key(6), 6));
    run(mark_consumed(writer(), job().id + 1, chain_id(), log_key(6), 6));
    EXPECT_EQ(count("log_broadcasts where consumed"), 2);
    EXPECT_EQ(count("log_broadcasts"), 2) << "a job that is gone needs no mark";
}

TEST_F(Logs, WhatWaitsIsLoadedForTheJobsThatAreRun) {
    const auto left_alone = stored(direct_job("other", 50));
    add_broadcast(left_alone, 3);
    add_broadcast(job(), 4, true);
    add_broadcast(job(), 5, false, 3);
    std::vector<std::int32_t> jobs{job().id};
    const auto rows = run(load_unconsumed(pool(), chain_id(), jobs, soon()));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].job_id, job().id);
    EXPECT_EQ(rows[0].key, log_key(5, 3));
    EXPECT_EQ(rows[0].block_number, 5U);
    EXPECT_TRUE(run(load_unconsumed(pool(), 1, jobs, soon())).empty());
    EXPECT_EQ(resume_point().lowest_unconsumed, 5U) << "nobody would ever consume the other job's";
}

TEST_F(Logs, AFreshChainHasNoResumePoint) {
    const auto point = resume_point();
    EXPECT_FALSE(point.processed || point.lowest_unconsumed || point.lowest_pending || point.highest_head);
    EXPECT_FALSE(point.progress_is_current);
}

TEST_F(Logs, ProgressIsBelievedUntilAV1WroteLater) {
    auto blocks = processed(20);
    blocks.heads = {head(20)};
    blocks.seen = {seen(18), seen(19)};
    blocks.lowest_pending = 18;
    record(blocks);
    auto point = resume_point();
    EXPECT_EQ(point.processed, 20U);
    EXPECT_EQ(point.lowest_unconsumed, 18U);
    EXPECT_EQ(point.lowest_pending, 18U);
    EXPECT_EQ(point.highest_head, 20U);
    EXPECT_TRUE(point.progress_is_current);

    database().run(
        "update log_broadcasts_pending set block_number = 30, updated_at = now() + interval '1 s'");
    point = resume_point();
    EXPECT_FALSE(point.progress_is_current);
    EXPECT_EQ(point.lowest_pending, 30U);

    // Baton leads again.
    blocks = processed(40);
    record(blocks);
    EXPECT_FALSE(resume_point().lowest_pending) << "nothing is pending";
}

TEST_F(Logs, NothingIsRecordedForAnEpochThatIsOver) {
    lose_leadership();
    auto blocks = processed(5);
    blocks.seen = {seen(5)};
    EXPECT_THROW(record(blocks), pg::FenceRefused);
    EXPECT_EQ(count("log_broadcasts") + count("baton.chain_progress"), 0);
}

}  // namespace
}  // namespace baton::store
