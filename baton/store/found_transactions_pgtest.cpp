#include "baton/store/found_transactions.hpp"

#include "baton/store/transactions_testing.hpp"

namespace baton::store {
namespace {

class FoundTransactions : public TransactionsTest {
  protected:
    static Bytes answer_to(std::uint8_t request) { return {0x4a, 0xb0, 0x07, 0x6a, request}; }
    /// An unstarted transaction of the task, which answers the request.
    std::int64_t wanted_by(std::uint8_t task_id, std::uint8_t request) {
        const auto id = queue(task_id);
        change(id, "encoded_payload = " + literal(answer_to(request)));
        return id;
    }
    static FoundTransaction found(std::uint8_t request, std::int64_t nonce) {
        const auto wanted = transaction(1);
        FoundTransaction one;
        one.nonce = nonce;
        one.from = wanted.from;
        one.to = wanted.to;
        one.payload = answer_to(request);
        one.attempt = assignment(0, nonce).attempt;
        return one;
    }
    std::string next_nonce() { return database().value("select next_nonce from evm_key_states"); }
    std::string rows() { return database().value("select count(*) from eth_txes"); }
};

TEST_F(FoundTransactions, AreRecordedOnceAndTheirNoncesAreTaken) {
    run(record_found(writer(), chain_id(), {found(1, first_nonce), found(2, first_nonce + 1)}));
    EXPECT_EQ(next_nonce(), std::to_string(first_nonce + 2));
    ASSERT_EQ(unconfirmed().size(), 2U);
    EXPECT_EQ(unconfirmed()[0].attempts.at(0).hash, hash(first_nonce));
    EXPECT_EQ(unconfirmed()[0].attempts.at(0).state, model::AttemptState::broadcast);
    run(record_found(writer(), chain_id(), {found(1, first_nonce)}));
    EXPECT_EQ(rows(), "2") << "the nonce has a row";
    EXPECT_EQ(next_nonce(), std::to_string(first_nonce + 2)) << "never lowered";
}

TEST_F(FoundTransactions, WhoWantsTheSameTakesTheirPlace) {
    run(record_found(writer(), chain_id(), {found(1, first_nonce)}));
    const auto wanted = wanted_by(1, 1);
    EXPECT_EQ(run(join_found(writer(), chain_id())), 1);
    EXPECT_EQ(state(wanted), "unconfirmed");
    EXPECT_EQ(rows(), "1");
    ASSERT_EQ(unconfirmed().size(), 1U);
    EXPECT_EQ(unconfirmed()[0].id, wanted);
    EXPECT_EQ(unconfirmed()[0].nonce, first_nonce);
    EXPECT_EQ(unconfirmed()[0].attempts.at(0).hash, hash(first_nonce));
    ASSERT_TRUE(unconfirmed()[0].task_id) << "the run that waits for it gets its result";
    EXPECT_EQ(run(join_found(writer(), chain_id())), 0);
}

TEST_F(FoundTransactions, OneThatWasConfirmedMeanwhileBringsItsReceipt) {
    run(record_found(writer(), chain_id(), {found(1, first_nonce)}));
    run(save_receipts(writer(), chain_id(), {receipt(first_nonce, 5)}));
    const auto wanted = wanted_by(1, 1);
    EXPECT_EQ(run(join_found(writer(), chain_id())), 1);
    EXPECT_EQ(state(wanted), "confirmed");
    EXPECT_EQ(database().value("select count(*) from eth_receipts"), "1");
}

TEST_F(FoundTransactions, OthersAreLeftAlone) {
    const auto made = sent(3, first_nonce);
    change(made, "encoded_payload = " + literal(answer_to(3)));
    run(record_found(writer(), chain_id(), {found(1, first_nonce + 1)}));
    const auto same_as_made = wanted_by(4, 3);
    const auto elsewhere = wanted_by(5, 1);
    change(elsewhere, "to_address = decode(repeat('77', 20), 'hex')");
    EXPECT_EQ(run(join_found(writer(), chain_id())), 0) << "only what was found on the chain without a run";
    EXPECT_EQ(state(same_as_made), "unstarted");
    EXPECT_EQ(state(elsewhere), "unstarted");
}

}  // namespace
}  // namespace baton::store
