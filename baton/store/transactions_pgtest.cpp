#include "baton/store/transactions.hpp"

#include "baton/pg/error.hpp"
#include "baton/store/transactions_testing.hpp"

namespace baton::store {
namespace {

using Transactions = TransactionsTest;

TEST_F(Transactions, UnstartedOnesComeInTheOrderOfV1) {
    // value, then age, then id
    const auto rich = queue(1), old = queue(2), first = queue(3), second = queue(4);
    change(rich, "value = 5");
    for (const auto id : {first, second, rich})
        change(id, "created_at = '2022-01-02Z'");
    change(old, "created_at = '2022-01-01Z'");
    std::vector<std::int64_t> ids;
    for (const auto& row : unstarted())
        ids.push_back(row.id);
    EXPECT_EQ(ids, (std::vector<std::int64_t>{old, first, second, rich}));
    EXPECT_EQ(unstarted(2).size(), 2U);
    EXPECT_TRUE(run(load_work(pool(), 1, 0, 100, soon())).empty()) << "another chain";
}

TEST_F(Transactions, WorkIsWhatAKeyHasRoomFor) {
    add_key(address(9), 40);
    const auto a = queue(1), b = queue(2), c = queue(3), other = queue(4);
    change(other, "from_address = " + literal(address(9).view()));
    assign({assignment(a, 7)});
    auto all = work(2);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].from, sender());
    EXPECT_EQ(all[0].next_nonce, 8);
    EXPECT_EQ(all[0].room, 1);
    ASSERT_EQ(all[0].transactions.size(), 1U);
    EXPECT_EQ(all[0].transactions[0].id, b);
    EXPECT_EQ(all[1].from, address(9));
    EXPECT_EQ(all[1].next_nonce, 40);
    EXPECT_EQ(all[1].transactions.at(0).id, other);
    all = work(1);
    EXPECT_EQ(all.at(0).room, 0);
    EXPECT_TRUE(all.at(0).transactions.empty());
    all = work(0);
    EXPECT_EQ(all.at(0).room, 100) << "no limit";
    EXPECT_EQ(all.at(0).transactions.at(1).id, c);
    database().run("update evm_key_states set disabled = true");
    EXPECT_FALSE(work().at(0).next_nonce);
}

TEST_F(Transactions, ATransactionReadsAsItWasQueued) {
    queue(1);
    const auto rows = unstarted();
    ASSERT_EQ(rows.size(), 1U);
    const auto wanted = transaction(1);
    EXPECT_EQ(rows[0].from, wanted.from);
    EXPECT_EQ(rows[0].to, wanted.to);
    EXPECT_EQ(rows[0].payload, wanted.payload);
    EXPECT_EQ(rows[0].value, 0);
    EXPECT_EQ(rows[0].gas_limit, 500'000U);
    EXPECT_EQ(rows[0].task_id, wanted.task_id);
    EXPECT_EQ(rows[0].min_confirmations, 3U);
    EXPECT_FALSE(rows[0].nonce || rows[0].error || rows[0].broadcast_at);
    EXPECT_TRUE(rows[0].attempts.empty());
}

TEST_F(Transactions, NoncesAreAssignedWithTheirSignedBytesInOneCommit) {
    const auto a = queue(1), b = queue(2);
    assign({assignment(a, 7), assignment(b, 8)});
    EXPECT_EQ(next_nonce(), 9);
    const auto rows = unconfirmed();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].id, a);
    EXPECT_EQ(rows[0].nonce, 7);
    EXPECT_EQ(rows[1].nonce, 8);
    EXPECT_TRUE(rows[0].broadcast_at);
    ASSERT_EQ(rows[0].attempts.size(), 1U);
    const auto& attempt = rows[0].attempts[0];
    EXPECT_EQ(attempt.state, model::AttemptState::in_progress) << "nobody knows yet whether it was sent";
    EXPECT_EQ(attempt.type, 0);
    EXPECT_EQ(attempt.gas_price, 20'000'000'000);
    EXPECT_EQ(attempt.gas_limit, 550'000U);
    EXPECT_EQ(attempt.signed_raw_tx, (Bytes{0xf8, 7}));
    EXPECT_EQ(attempt.hash, hash(7));
    EXPECT_TRUE(unstarted().empty());
    EXPECT_EQ(run(count_transactions(pool(), chain_id(), soon())).unconfirmed, 2);
}

TEST_F(Transactions, NothingIsAssignedWhenTheNonceIsNotTheExpectedOne) {
    const auto a = queue(1);
    EXPECT_THROW(assign({assignment(a, 8)}, 8), Error);
    EXPECT_EQ(next_nonce(), 7);
    EXPECT_EQ(unstarted().size(), 1U);
    EXPECT_EQ(count("eth_tx_attempts"), 0);
}

TEST_F(Transactions, ADisabledKeyTakesNoNonces) {
    const auto a = queue(1);
    database().run("update evm_key_states set disabled = true");
    EXPECT_THROW(assign({assignment(a, 7)}), Error);
    EXPECT_EQ(unstarted().size(), 1U);
}

TEST_F(Transactions, ATransactionIsStartedOnce) {
    const auto a = queue(1), b = queue(2);
    assign({assignment(a, 7)});
    EXPECT_THROW(assign({assignment(a, 8), assignment(b, 9)}, 8), Error);
    EXPECT_EQ(next_nonce(), 8) << "neither took a nonce";
    EXPECT_EQ(unstarted().size(), 1U);
}

TEST_F(Transactions, AnAcceptedAttemptIsBroadcast) {
    const auto a = queue(1), b = queue(2);
    assign({assignment(a, 7), assignment(b, 8)});
    run(mark_broadcast(writer(), {hash(7)}));
    EXPECT_EQ(attempt_state(7), "broadcast");
    EXPECT_EQ(attempt_state(8), "in_progress");
    run(mark_insufficient_eth(writer(), {hash(8), hash(7)}));
    EXPECT_EQ(attempt_state(8), "insufficient_eth");
    EXPECT_EQ(attempt_state(7), "broadcast") << "what was accepted stays so";
    run(mark_broadcast(writer(), {hash(8)}));
    EXPECT_EQ(attempt_state(8), "broadcast") << "funded meanwhile";
}

TEST_F(Transactions, ASecondAttemptKeepsTheFirst) {
    const auto a = queue(1);
    assign({assignment(a, 7)});
    auto second = assignment(a, 7);
    second.attempt.hash = hash(700);
    second.attempt.gas_price = BigInt("30000000000");
    run(add_second_attempt(writer(), second));
    const auto rows = unconfirmed();
    ASSERT_EQ(rows.at(0).attempts.size(), 2U);
    EXPECT_EQ(rows[0].attempts[0].hash, hash(700)) << "the best one";
    EXPECT_EQ(attempt_state(700), "in_progress");
    EXPECT_EQ(attempt_state(7), "broadcast");
    EXPECT_EQ(next_nonce(), 8);
    run(save_receipts(writer(), chain_id(), {receipt(7, 100)}));
    second.attempt.hash = hash(701);
    second.attempt.gas_price = BigInt("40000000000");
    EXPECT_THROW(run(add_second_attempt(writer(), second)), Error) << "confirmed";
    EXPECT_EQ(count("eth_tx_attempts"), 2);
}

TEST_F(Transactions, ANonceThatNoTransactionHasIsSpentOnACancellation) {
    const auto a = queue(1);
    assign({assignment(a, 7)});
    run(spend_nonce(writer(), chain_id(), sender(), assignment(0, 8)));
    EXPECT_EQ(next_nonce(), 9);
    const auto made = run(find_by_nonce(pool(), chain_id(), sender(), 8, soon()));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->to, sender());
    EXPECT_EQ(made->value, 0);
    EXPECT_TRUE(made->payload.empty());
    EXPECT_EQ(made->state, model::TxState::unconfirmed);
    EXPECT_EQ(made->attempts.at(0).hash, hash(8));
    EXPECT_EQ(made->attempts[0].state, model::AttemptState::in_progress);

    EXPECT_THROW(run(spend_nonce(writer(), chain_id(), sender(), assignment(0, 7))), Error) << "it has one";
    EXPECT_THROW(run(spend_nonce(writer(), chain_id(), sender(), assignment(0, 10))), Error)
        << "9 could not be mined before it";
    EXPECT_THROW(run(spend_nonce(writer(), 1, sender(), assignment(0, 9))), Error) << "another chain";
    EXPECT_EQ(next_nonce(), 9);
    EXPECT_EQ(count("eth_txes"), 2);

    database().run("delete from eth_txes where id = " + std::to_string(a));
    EXPECT_FALSE(run(find_by_nonce(pool(), chain_id(), sender(), 7, soon())));
    run(spend_nonce(writer(), chain_id(), sender(), assignment(0, 7)));
    EXPECT_TRUE(run(find_by_nonce(pool(), chain_id(), sender(), 7, soon())));
    EXPECT_EQ(next_nonce(), 9) << "a hole below it";
}

TEST_F(Transactions, ARowInProgressOfV1IsCompletedItsWay) {
    const auto a = queue(1);
    change(a, "state = 'in_progress', nonce = 7, created_at = '2022-01-01Z'");
    add_attempt(a, 7, "in_progress");
    const auto rows = run(load_in_progress(pool(), chain_id(), soon()));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].nonce, 7);
    EXPECT_EQ(rows[0].attempts.size(), 1U);
    run(complete_in_progress(writer(), chain_id(), sender(), a));
    EXPECT_EQ(next_nonce(), 8);
    EXPECT_EQ(state(a), "unconfirmed");
    EXPECT_EQ(count("eth_txes where broadcast_at = created_at and initial_broadcast_at = created_at"), 1);
    EXPECT_THROW(run(complete_in_progress(writer(), chain_id(), sender(), a)), Error) << "only once";
    EXPECT_EQ(next_nonce(), 8);
}

TEST_F(Transactions, WhatWasCompletedButNotSentIsSentAgain) {
    // A takeover between the two finds it only when its attempt still says so.
    const auto a = queue(1);
    change(a, "state = 'in_progress', nonce = 7");
    add_attempt(a, 7, "in_progress");
    run(complete_in_progress(writer(), chain_id(), sender(), a));
    EXPECT_EQ(attempt_state(7), "in_progress");
}

TEST_F(Transactions, AnUnstartedOneIsGivenUpWithoutANonce) {
    const auto a = queue(1);
    run(mark_fatal(writer(), a, "key is not there", std::nullopt));
    EXPECT_EQ(state(a), "fatal_error");
    EXPECT_EQ(database().value("select error from eth_txes"), "key is not there");
    EXPECT_EQ(next_nonce(), 7);
    EXPECT_EQ(count("eth_txes"), 1);
}

TEST_F(Transactions, AGivenUpTransactionsNonceGoesToItsCancellation) {
    const auto a = queue(1), b = queue(2);
    assign({assignment(a, 7), assignment(b, 8)});
    auto cancellation = assignment(a, 7);
    cancellation.attempt.hash = hash(700);
    cancellation.attempt.gas_limit = 21'000;
    run(mark_fatal(writer(), a, "exceeds block gas limit", cancellation));
    EXPECT_EQ(state(a), "fatal_error");
    EXPECT_EQ(count("eth_txes where id = " + std::to_string(a) +
                    " and nonce is null and error = 'exceeds block gas limit'"),
              1);
    EXPECT_EQ(attempt_state(7), "in_progress") << "committed bytes are kept";
    EXPECT_EQ(next_nonce(), 9);
    const auto rows = unconfirmed();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].nonce, 7);
    EXPECT_NE(rows[0].id, a);
    EXPECT_EQ(rows[0].from, sender());
    EXPECT_EQ(rows[0].to, sender());
    EXPECT_TRUE(rows[0].payload.empty());
    EXPECT_EQ(rows[0].value, 0);
    EXPECT_FALSE(rows[0].task_id) << "nobody's run waits for it";
    ASSERT_EQ(rows[0].attempts.size(), 1U);
    EXPECT_EQ(rows[0].attempts[0].hash, hash(700));
    EXPECT_EQ(rows[0].attempts[0].gas_limit, 21'000U);
    EXPECT_EQ(rows[0].attempts[0].state, model::AttemptState::in_progress);
}

TEST_F(Transactions, AConfirmedOneIsNotGivenUp) {
    const auto a = queue(1);
    assign({assignment(a, 7)});
    run(save_receipts(writer(), chain_id(), {receipt(7, 100)}));
    auto cancellation = assignment(a, 7);
    cancellation.attempt.hash = hash(700);
    EXPECT_THROW(run(mark_fatal(writer(), a, "late answer", cancellation)), Error);
    EXPECT_EQ(state(a), "confirmed");
    EXPECT_EQ(count("eth_txes"), 1);
}

TEST_F(Transactions, QueueAndFlightAreCounted) {
    const auto a = queue(1);
    queue(2);
    queue(3);
    assign({assignment(a, 7)});
    const auto counts = run(count_transactions(pool(), chain_id(), soon()));
    EXPECT_EQ(counts.unconfirmed, 1);
    EXPECT_EQ(counts.unstarted, 2);
}

TEST_F(Transactions, NobodyTakesNoncesWhoDoesNotLead) {
    const auto a = queue(1);
    lose_leadership();
    EXPECT_THROW(assign({assignment(a, 7)}), pg::FenceRefused);
    EXPECT_EQ(next_nonce(), 7);
}

}  // namespace
}  // namespace baton::store
