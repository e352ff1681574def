#include "baton/jobs/directrequest/direct_requests.hpp"

#include "baton/jobs/directrequest/direct_requests_testing.hpp"
#include "baton/pg/error.hpp"

namespace baton::jobs {
namespace {

using Requests = DirectRequestsTest;

TEST_F(Requests, ARequestIsRunAsSoonAsItsBlockIsSeen) {
    start();
    ask(1);
    chain().mine();
    until_runs(1);
    expect_exactly_once(1);
    EXPECT_EQ(
        database().value(
            "select inputs -> 'jobRun' -> 'meta' -> 'oracleRequest' ->> 'requestId' from pipeline_runs"),
        to_0x(hash(1).view()));
    EXPECT_EQ(database().value("select meta ->> 'RequestID' from eth_txes"), "")
        << "the job's txMeta does not name it (reference/pipeline.md: absent keys are omitted)";
    EXPECT_EQ(database().value("select request_key from baton.requests"), "log:" + to_0x(hash(1).view()));
    until_caught_up();
    EXPECT_EQ(count("evm_heads"), 2);
}

TEST_F(Requests, ARequestWaitsForItsConfirmations) {
    settings().min_incoming_confirmations = 3;
    start();
    ask(1);
    chain().mine();
    chain().mine();
    until_caught_up();
    settle();
    EXPECT_EQ(runs(), 0);
    EXPECT_EQ(broadcasts(), "0 consumed, 1 not") << "recorded, so that a takeover knows of it";
    EXPECT_EQ(database().value("select block_number from log_broadcasts_pending"),
              std::to_string(chain().height() - 1));
    chain().mine();
    until_runs(1);
    expect_exactly_once(1);
}

TEST_F(Requests, EachJobGetsItsOwn) {
    const auto other = create(direct_job("other", 102));
    start();
    ask(1);
    chain().emit(request(other, 2));
    ask(3);
    auto foreign = request(job(), 4);
    foreign.address = address(77);
    chain().emit(foreign);
    chain().mine();
    until_runs(3);
    expect_exactly_once(3);
    EXPECT_EQ(count("pipeline_runs where pipeline_spec_id = " + std::to_string(other.pipeline_spec_id)), 1);
}

TEST_F(Requests, WhatIsRejectedOrNoRequestIsConsumedWithoutARun) {
    start();
    chain().emit(request(job(), 1, 99));
    auto garbage = request(job(), 2);
    garbage.data.resize(40);
    chain().emit(garbage);
    ask(3);
    chain().mine();
    until_value("select count(*) from log_broadcasts where consumed", "3");
    EXPECT_EQ(runs(), 1);
    EXPECT_EQ(lines().with("insufficient payment").size(), 1U);
    EXPECT_EQ(lines().with("not its form").size(), 1U);
}

TEST_F(Requests, ARequestThatAReorganisationRemovesIsNotRun) {
    settings().min_incoming_confirmations = 3;
    start();
    ask(1);
    chain().mine(2);
    until_caught_up();
    chain().drop(2);
    chain().mine(6);
    until_caught_up();
    settle();
    EXPECT_EQ(runs(), 0);
    EXPECT_EQ(count("log_broadcasts"), 0) << "its row went with its block";
    EXPECT_EQ(database().value("select block_number from log_broadcasts_pending"), "");
}

TEST_F(Requests, ARequestThatAReorganisationMovesIsRunOnce) {
    settings().min_incoming_confirmations = 3;
    start();
    ask(1);
    chain().mine(2);
    until_caught_up();
    chain().drop(2);
    chain().mine();
    ask(1);
    chain().mine(4);
    until_runs(1);
    until_caught_up();
    settle();
    expect_exactly_once(1);
    EXPECT_EQ(count("log_broadcasts"), 1);
}

TEST_F(Requests, AReorganisationOfBlocksReadAsARangeIsReadAgain) {
    // A restart reads several blocks at once; the fork lies among them.
    settings().min_incoming_confirmations = 8;
    start();
    until_caught_up();
    stop();
    chain().mine(6);
    start();
    until_caught_up();
    chain().drop(4);
    ask(1);
    chain().mine(5);
    until_caught_up();
    chain().mine(8);
    until_runs(1);
    expect_exactly_once(1);
}

TEST_F(Requests, ARequestThatComesBackInAnotherBlockHasItsRunAlready) {
    start();
    ask(1);
    chain().mine();
    until_runs(1);
    chain().drop(1);
    ask(1);
    chain().mine(2);
    until_value("select count(*) from log_broadcasts where consumed", "2");
    expect_exactly_once(1);
    EXPECT_EQ(lines().with("was seen before in another block").size(), 1U);
}

TEST_F(Requests, ARequestThatComesBackAfterItsTransactionWasGivenUpIsRunAgain) {
    start();
    ask(1);
    chain().mine();
    until_runs(1);
    database().run("update eth_txes set state = 'fatal_error', error = 'x'");
    chain().drop(1);
    ask(1);
    chain().mine(2);
    until_runs(2);
    EXPECT_EQ(
        database().value("select r.attempt || ' ' || (r.run_id = (select max(id) from pipeline_runs)) from "
                         "baton.requests r"),
        "2 true");
    EXPECT_EQ(broadcasts(), "2 consumed, 0 not");
}

TEST_F(Requests, ARequestThatV1RanHasItsRunWhenItComesBack) {
    database().run(
        "insert into pipeline_runs (pipeline_spec_id, state, outputs, inputs, created_at, finished_at) "
        "values (" +
        std::to_string(job().pipeline_spec_id) +
        ", 'completed', '[null]', '{\"jobRun\": {\"meta\": {\"oracleRequest\": {\"requestId\": \"" +
        to_0x(hash(1).view()) + "\"}}}}', now(), now())");
    start();
    ask(1);
    chain().mine();
    until_value("select count(*) from log_broadcasts where consumed", "1");
    EXPECT_EQ(runs(), 1);
    EXPECT_EQ(count("eth_txes"), 0);
}

TEST_F(Requests, TheNextLeaderFinishesWhatWaits) {
    settings().min_incoming_confirmations = 3;
    start();
    ask(1);
    chain().mine();
    until_caught_up();
    stop();
    chain().mine(4);
    start();
    until_runs(1);
    until_caught_up();
    expect_exactly_once(1);
}

TEST_F(Requests, TheNextLeaderDoesNotRunAgainWhatWasDone) {
    start();
    ask(1);
    chain().mine();
    until_runs(1);
    stop();
    // As if progress had been lost with it.
    database().run("delete from baton.chain_progress");
    start();
    chain().mine();
    until_caught_up();
    settle();
    expect_exactly_once(1);
}

TEST_F(Requests, AnUnconsumedRowWhoseBlockIsGoneIsDropped) {
    settings().min_incoming_confirmations = 3;
    start();
    ask(1);
    chain().mine();
    until_caught_up();
    stop();
    chain().drop(1);
    chain().mine(6);
    start();
    until_caught_up();
    settle();
    EXPECT_EQ(runs(), 0);
    EXPECT_EQ(count("log_broadcasts"), 0);
}

TEST_F(Requests, ALongAbsenceIsReadWhileNewRequestsAreServed) {
    settings().log_backfill_batch_size = 5;
    start();
    until_caught_up();
    stop();
    for (std::uint8_t i = 1; i <= 40; ++i) {
        ask(i);
        chain().mine(3);
    }
    until([&] { return heads().latest()->number == chain().height(); }, "the newest head is known");
    chain().log_queries.clear();
    start();
    until([&] { return !chain().log_queries.empty(); }, "reading began");
    EXPECT_EQ(chain().log_queries.front().second, chain().height()) << "the newest blocks come first";
    ask(41);
    chain().mine();
    until_runs(41);
    until_caught_up();
    expect_exactly_once(41);
    // The new block was read before the back-fill ended.
    const auto& queries = chain().log_queries;
    const auto live = std::find_if(queries.begin(), queries.end(),
                                   [&](const auto& q) { return q.second == chain().height(); });
    ASSERT_NE(live, queries.end());
    const auto last_old = std::find_if(queries.rbegin(), queries.rend(),
                                       [&](const auto& q) { return q.second < chain().height() - 6; });
    ASSERT_NE(last_old, queries.rend());
    EXPECT_LT(live - queries.begin(), queries.rend() - last_old) << "a head that came meanwhile goes first";
}

TEST_F(Requests, AnOutageOfTheEndpointIsReadWhileNewRequestsAreServed) {
    settings().log_backfill_batch_size = 5;
    start();
    until_caught_up();
    chain().unreachable = true;
    for (std::uint8_t i = 1; i <= 20; ++i) {
        ask(i);
        chain().mine(2);
    }
    chain().log_queries.clear();
    chain().unreachable = false;
    until_runs(20);
    until_caught_up();
    expect_exactly_once(20);
    EXPECT_EQ(chain().log_queries.front().second, chain().height()) << "the newest blocks come first";
}

TEST_F(Requests, AReorganisationThatNobodySawIsReadByTheNextLeader) {
    start();
    chain().mine(5);
    until_caught_up();
    stop();
    chain().drop(3);
    ask(1);
    chain().mine(3);
    ask(2);
    chain().mine();
    start();
    until_runs(2);
    until_caught_up();
    expect_exactly_once(2);
}

TEST_F(Requests, AReorganisationBehindAJumpOfTheHeadsIsFound) {
    settings().min_incoming_confirmations = 8;
    settings().finality_depth = 50;
    start();
    chain().mine(5);
    ask(1);
    chain().mine(2);
    until_caught_up();
    EXPECT_EQ(broadcasts(), "0 consumed, 1 not");
    chain().unreachable = true;
    chain().drop(4);
    ask(2);
    chain().mine(300);  // more than the heads are followed back
    chain().unreachable = false;
    until_caught_up();
    until_runs(1);
    settle();
    expect_exactly_once(1);
    EXPECT_EQ(database().value("select request_key from baton.requests"), "log:" + to_0x(hash(2).view()));
}

TEST_F(Requests, ABackFillThatIsInterruptedGoesOnWithTheNextLeader) {
    settings().log_backfill_batch_size = 2;
    start();
    until_caught_up();
    stop();
    for (std::uint8_t i = 1; i <= 30; ++i) {
        ask(i);
        chain().mine(2);
    }
    start();
    until([&] { return runs() >= 3; }, "it began");
    stop();
    start();
    until_runs(30);
    until_caught_up();
    expect_exactly_once(30);
}

}  // namespace
}  // namespace baton::jobs
