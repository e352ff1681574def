#include "baton/store/transactions_testing.hpp"

namespace baton::store {
namespace {

class Receipts : public TransactionsTest {
  protected:
    void save(std::vector<model::Receipt> receipts) {
        run(save_receipts(writer(), chain_id(), std::move(receipts)));
    }
    std::string stamp(std::uint32_t number) {
        return database().value("select broadcast_before_block_num from eth_tx_attempts where hash = " +
                                literal(hash(number).view()));
    }
};

TEST_F(Receipts, AReceiptConfirmsItsTransaction) {
    const auto id = queue(1);
    assign({assignment(id, 7)});
    save({receipt(7, 100)});
    EXPECT_EQ(state(id), "confirmed");
    EXPECT_EQ(attempt_state(7), "broadcast") << "it was mined, so it was sent";
    EXPECT_EQ(stamp(7), "100");
    EXPECT_EQ(count("eth_receipts where block_number = 100 and transaction_index = 2 and receipt ->> "
                    "'status' = '0x1'"),
              1);
    save({receipt(7, 100)});
    EXPECT_EQ(count("eth_receipts"), 1) << "the same receipt again";
}

TEST_F(Receipts, LowerNoncesWithoutReceiptAreMissingTheirs) {
    const auto a = sent(1, 7), b = sent(2, 8), c = sent(3, 9);
    save({receipt(8, 100)});
    EXPECT_EQ(state(a), "confirmed_missing_receipt");
    EXPECT_EQ(state(b), "confirmed");
    EXPECT_EQ(state(c), "unconfirmed");
    EXPECT_EQ(unconfirmed().size(), 2U) << "both are still looked for";
    save({receipt(7, 100)});
    EXPECT_EQ(state(a), "confirmed");
}

TEST_F(Receipts, AReceiptForUnknownBytesChangesNothing) {
    const auto id = sent(1, 7);
    EXPECT_THROW(save({receipt(99, 100)}), Error) << "only for attempts that are on record";
    EXPECT_EQ(state(id), "unconfirmed");
}

TEST_F(Receipts, AGivenUpTransactionThatIsMinedAfterAllIsNotConfirmed) {
    // Its nonce belongs to the cancellation; two confirmed rows for one nonce cannot be.
    const auto id = sent(1, 7);
    auto cancellation = assignment(id, 7);
    cancellation.attempt.hash = hash(700);
    run(mark_fatal(writer(), id, "rejected", cancellation));
    save({receipt(7, 100)});
    EXPECT_EQ(state(id), "fatal_error");
    EXPECT_EQ(count("eth_txes where state = 'unconfirmed' and nonce = 7"), 1);
}

TEST_F(Receipts, AttemptsAreStampedOnceWithTheHead) {
    const auto a = sent(1, 7);
    queue(2);
    run(stamp_attempts(writer(), chain_id(), 50));
    run(stamp_attempts(writer(), chain_id(), 60));
    EXPECT_EQ(stamp(7), "50");
    const auto b = queue(3);
    assign({assignment(b, 8)}, 8);
    run(stamp_attempts(writer(), chain_id(), 70));
    EXPECT_EQ(stamp(8), "") << "it was not sent yet, as far as is known";
    EXPECT_EQ(state(a), "unconfirmed");
    run(stamp_attempts(writer(), chain_id(), 0));
}

TEST_F(Receipts, ConfirmedOnesAreListedByBlock) {
    const auto a = sent(1, 7), b = sent(2, 8);
    save({receipt(7, 100), receipt(8, 101)});
    const auto all = run(load_confirmed_receipts(pool(), chain_id(), 100, 101, soon()));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].tx_id, a);
    EXPECT_EQ(all[0].block_number, 100U);
    EXPECT_EQ(all[0].block_hash, receipt(7, 100).block_hash);
    EXPECT_EQ(all[1].tx_id, b);
    EXPECT_EQ(run(load_confirmed_receipts(pool(), chain_id(), 101, 200, soon())).size(), 1U);
    EXPECT_TRUE(run(load_confirmed_receipts(pool(), 1, 0, 200, soon())).empty());
}

TEST_F(Receipts, AReorganisationUnconfirms) {
    const auto id = sent(1, 7);
    change(id, "state = 'unconfirmed'");
    add_attempt(id, 77, "broadcast", 30'000'000'000);  // the better priced one
    save({receipt(7, 100)});
    run(unconfirm(writer(), id));
    EXPECT_EQ(state(id), "unconfirmed");
    EXPECT_EQ(count("eth_receipts"), 0);
    EXPECT_EQ(attempt_state(77), "in_progress") << "the best attempt is sent again";
    EXPECT_EQ(stamp(77), "");
    EXPECT_EQ(attempt_state(7), "broadcast");
    EXPECT_EQ(next_nonce(), 8) << "the nonce stays its own";
    save({receipt(77, 101)});
    EXPECT_EQ(state(id), "confirmed");
}

TEST_F(Receipts, SilentOnesAreTouched) {
    const auto a = sent(1, 7), b = sent(2, 8);
    for (const auto id : {a, b})
        change(id, "broadcast_at = '2022-01-01Z', initial_broadcast_at = '2022-01-01Z'");
    save({receipt(8, 100)});
    run(touch_broadcast_at(writer(), {a, b}));
    EXPECT_EQ(count("eth_txes where broadcast_at > '2022-01-02Z'"), 1) << "not the confirmed one";
    EXPECT_EQ(count("eth_txes where initial_broadcast_at = '2022-01-01Z'"), 2);
}

TEST_F(Receipts, AttemptsComeBestFirst) {
    const auto id = sent(1, 7);
    add_attempt(id, 70, "broadcast", 5);
    add_attempt(id, 71, "broadcast", 90'000'000'000);
    database().run(
        "insert into eth_tx_attempts (eth_tx_id, tx_type, gas_tip_cap, gas_fee_cap, signed_raw_tx, hash, "
        "state, "
        "created_at, chain_specific_gas_limit) values (" +
        std::to_string(id) + ", 2, 1, 40, '\\xb801', " + literal(hash(72).view()) +
        ", 'broadcast', now(), 1)");
    const auto rows = unconfirmed();
    ASSERT_EQ(rows[0].attempts.size(), 4U);
    EXPECT_EQ(rows[0].attempts[0].hash, hash(72)) << "dynamic fees come before legacy ones, as in v1.11.0";
    EXPECT_EQ(rows[0].attempts[0].type, 2);
    EXPECT_EQ(rows[0].attempts[0].gas_price, 40);
    EXPECT_EQ(rows[0].attempts[1].hash, hash(71));
    EXPECT_EQ(rows[0].attempts[3].hash, hash(70));
}

TEST_F(Receipts, OldFinalOnesAreReaped) {
    const auto final_old = sent(1, 7), final_young = sent(2, 8), shallow_old = sent(3, 9),
               open_old = sent(4, 10);
    const auto fatal_old = queue(5), fatal_young = queue(6);
    save({receipt(7, 100), receipt(8, 100), receipt(9, 200)});
    run(mark_fatal(writer(), fatal_old, "x", std::nullopt));
    run(mark_fatal(writer(), fatal_young, "x", std::nullopt));
    for (const auto id : {final_old, shallow_old, open_old, fatal_old})
        change(id, "created_at = now() - interval '8 d'");
    EXPECT_EQ(run(reap_transactions(writer(), chain_id(), 200, std::chrono::hours(168))), 2);
    std::string left;
    for (const auto id : {final_young, shallow_old, open_old, fatal_young})
        left += std::to_string(id) + ",";
    left.pop_back();
    EXPECT_EQ(database().value("select string_agg(id::text, ',' order by id) from eth_txes"), left);
    EXPECT_EQ(count("eth_tx_attempts"), 3);
    EXPECT_EQ(count("eth_receipts"), 2);
}

TEST_F(Receipts, ManyAreReapedInBatches) {
    database().run(
        "insert into eth_txes (from_address, to_address, encoded_payload, value, gas_limit, state, error, "
        "created_at, evm_chain_id) select " +
        literal(sender().view()) + ", " + literal(oracle().view()) +
        ", '', 0, 1, 'fatal_error', 'x', now() - interval '8 d', 1337 from generate_series(1, 2500)");
    EXPECT_EQ(run(reap_transactions(writer(), chain_id(), 200, std::chrono::hours(168))), 2500);
    EXPECT_EQ(count("eth_txes"), 0);
}

TEST_F(Receipts, AGivenUpOneOutlivesItsUnfinishedCancellation) {
    // Its committed bytes could still be sent by a woken leader, until the nonce is used for good.
    const auto id = sent(1, 7);
    auto cancellation = assignment(id, 7);
    cancellation.attempt.hash = hash(700);
    run(mark_fatal(writer(), id, "rejected", cancellation));
    change(id, "created_at = now() - interval '8 d'");
    EXPECT_EQ(run(reap_transactions(writer(), chain_id(), 200, std::chrono::hours(168))), 0);
    save({receipt(700, 100)});
    EXPECT_EQ(run(reap_transactions(writer(), chain_id(), 200, std::chrono::hours(168))), 1);
}

}  // namespace
}  // namespace baton::store
