#include "baton/txm/rebroadcast.hpp"

#include "baton/pg/error.hpp"
#include "baton/txm/signing.hpp"
#include "baton/txm/txm_testing.hpp"

namespace baton::txm {
namespace {

/// Transactions that a leader started and that are not mined, and nobody who leads.
class RebroadcastTest : public TxmTest {
  protected:
    /// Started for 5 wei, and taken by the endpoint.
    std::int64_t pending(std::uint8_t payload, std::int64_t nonce) {
        const auto made = signed_with(payload, nonce, 5);
        run(rpc().send_raw(std::vector<Bytes>{made.raw}, soon()));
        const auto id = started(payload, key(), nonce, made.raw, made.hash, true);
        database().run("update evm_key_states set next_nonce = " + std::to_string(nonce + 1));
        return id;
    }
    SignedTransaction signed_with(std::uint8_t payload, std::int64_t nonce, std::int64_t gas_price) {
        LegacyTransaction fields;
        fields.chain_id = chain_id();
        fields.nonce = nonce;
        fields.gas_price = gas_price;
        fields.gas_limit = 100'000;
        fields.to = oracle();
        fields.payload = {payload};
        return sign(keys(), key(), fields);
    }
    /// What was told of each nonce: "7 done", "8: <why not>".
    std::string again(std::int64_t first, std::int64_t last, std::int64_t gas_price,
                      std::optional<std::uint64_t> gas_limit = std::nullopt) {
        RebroadcastDependencies use;
        use.writer = writer();
        use.rpc = &rpc();
        use.keys = &keys();
        use.chain_id = chain_id();
        use.send_deadline = [] { return async::Deadline::after(std::chrono::seconds(10)); };
        RebroadcastRequest request;
        request.from = key();
        request.first_nonce = first;
        request.last_nonce = last;
        request.gas_price = gas_price;
        request.gas_limit = gas_limit;
        std::string told;
        run(rebroadcast(std::move(use), std::move(request), [&](const Rebroadcast& one) {
            told += std::to_string(one.nonce) + (one.done ? " done\n" : ": " + one.text + "\n");
        }));
        return told;
    }
    /// Price and gas limit of each attempt of a row and its state, the best first.
    std::string attempts_of(std::int64_t id) {
        return database().value(
            "select string_agg(gas_price || '/' || chain_specific_gas_limit || ' ' || state::text, ', ' "
            "order by "
            "gas_price desc) from eth_tx_attempts where eth_tx_id = " +
            std::to_string(id));
    }
};

TEST_F(RebroadcastTest, EachNonceIsSignedForThePriceStoredAndSent) {
    const auto a = pending(1, 7), b = pending(2, 8);
    EXPECT_EQ(again(7, 8, 50, 600'000), "7 done\n8 done\n");
    EXPECT_EQ(attempts_of(a), "50/600000 broadcast, 5/100000 broadcast");
    EXPECT_EQ(attempts_of(b), "50/600000 broadcast, 5/100000 broadcast");
    EXPECT_EQ(chain().sent().back().gas_price, 50);
    EXPECT_EQ(chain().pooled(), 2U) << "they replaced what the endpoint had";
    chain().mine();
    EXPECT_EQ(mined_payloads(), "01,02,");

    start();  // a node that is started afterwards follows them like its own
    until_state(a, "confirmed");
    until_state(b, "confirmed");
    EXPECT_EQ(nonce_in_database(), 9);
}

TEST_F(RebroadcastTest, TheGasLimitOfTheTransactionIsKept) {
    const auto a = pending(1, 7);
    EXPECT_EQ(again(7, 7, 50), "7 done\n");
    EXPECT_EQ(attempts_of(a), "50/500000 broadcast, 5/100000 broadcast");
}

TEST_F(RebroadcastTest, TheSameAgainSendsTheCommittedBytes) {
    const auto a = pending(1, 7);
    EXPECT_EQ(again(7, 7, 50), "7 done\n");
    EXPECT_EQ(again(7, 7, 50), "7 done\n");
    EXPECT_EQ(chain().sent().size(), 3U);
    EXPECT_EQ(chain().sent()[1].hash, chain().sent()[2].hash);
    EXPECT_EQ(again(7, 7, 50, 600'000),
              "7: it was signed for this gas price before, with gas limit 500000: choose another price\n");
    EXPECT_EQ(attempts_of(a), "50/500000 broadcast, 5/100000 broadcast");
    EXPECT_EQ(chain().sent().size(), 3U);
}

TEST_F(RebroadcastTest, ANonceWithoutTransactionIsSpentOnATransferToOneself) {
    const auto hole = pending(1, 7);
    pending(2, 8);
    database().run("delete from eth_txes where id = " + std::to_string(hole));
    EXPECT_EQ(again(7, 9, 50).substr(0, 21), "7 done\n8 done\n9 done\n");
    EXPECT_EQ(nonce_in_database(), 10);
    EXPECT_EQ(chain().sent()[2].to, key());
    EXPECT_TRUE(chain().sent()[2].payload.empty());
    const auto above = again(11, 11, 50);
    EXPECT_NE(above.find("nonces before this one are not used yet"), std::string::npos) << above;
    EXPECT_EQ(nonce_in_database(), 10);
    chain().mine();
    EXPECT_EQ(mined_payloads(), ",02,,");
}

TEST_F(RebroadcastTest, WhatIsMinedIsLeftAlone) {
    const auto a = pending(1, 7);
    database().run("update eth_txes set state = 'confirmed'");
    pending(2, 8);
    chain().mine();
    EXPECT_EQ(again(7, 8, 50), "7: its transaction is mined already (confirmed): nothing to send\n8 done\n")
        << "that 8 is mined too is for a node to find out";
    EXPECT_EQ(attempts_of(a), "5/100000 broadcast");
    EXPECT_EQ(chain().mined().size(), 2U);
}

TEST_F(RebroadcastTest, OneThatFailsHoldsUpNoOther) {
    const auto a = pending(1, 7), b = pending(2, 8);
    chain().refuse = [](const test::FakeChain::Tx& tx) -> std::optional<std::string> {
        return tx.nonce == 7 ? std::optional<std::string>("exceeds block gas limit") : std::nullopt;
    };
    const auto told = again(7, 8, 50);
    EXPECT_EQ(told.find("7: the endpoint refused it: exceeds block gas limit; transaction 0x"), 0U) << told;
    EXPECT_NE(told.find("is stored, and the next leader sends it\n8 done\n"), std::string::npos) << told;
    EXPECT_EQ(attempts_of(a), "50/500000 in_progress, 5/100000 broadcast");
    EXPECT_EQ(attempts_of(b), "50/500000 broadcast, 5/100000 broadcast");
}

TEST_F(RebroadcastTest, OneThatV1WasStartingIsLeftToANode) {
    const auto a = queue(1);
    database().run("update eth_txes set state = 'in_progress', nonce = 7 where id = " + std::to_string(a));
    EXPECT_EQ(again(7, 7, 50),
              "7: its transaction is only being started: start a node, which finishes that\n");
    EXPECT_TRUE(chain().sent().empty());
}

TEST_F(RebroadcastTest, InAnEpochThatIsOverNothingIsStoredAndNothingSent) {
    const auto a = pending(1, 7);
    lose_leadership();
    EXPECT_THROW(again(7, 8, 50), pg::FenceRefused);
    EXPECT_EQ(attempts_of(a), "5/100000 broadcast");
    EXPECT_EQ(chain().sent().size(), 1U);
}

}  // namespace
}  // namespace baton::txm
