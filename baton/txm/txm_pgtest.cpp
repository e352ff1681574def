#include "baton/txm/txm.hpp"

#include "baton/pg/error.hpp"
#include "baton/txm/signing.hpp"
#include "baton/txm/txm_testing.hpp"

namespace baton::txm {
namespace {

using Txm = TxmTest;

TEST_F(Txm, WhatIsQueuedIsSentInOrderAndConfirmed) {
    const auto a = queue(1), b = queue(2);
    start();
    until([&] { return chain().pooled() == 2; }, "both are sent");
    until_value("select string_agg(state::text, ',') from eth_tx_attempts", "broadcast,broadcast");
    EXPECT_EQ(states(), "unconfirmed,unconfirmed");
    EXPECT_EQ(nonce_in_database(), 9);
    const auto later = queue(3);
    wake();
    until([&] { return chain().pooled() == 3; }, "a new one is sent at once");
    chain().mine();
    until_state(a, "confirmed");
    until_state(b, "confirmed");
    until_state(later, "confirmed");
    EXPECT_EQ(mined_payloads(), "01,02,03,");
    EXPECT_EQ(chain().sent().size(), 3U) << "each once";
    EXPECT_EQ(chain().sent()[0].nonce, 7U);
    EXPECT_EQ(chain().sent()[0].to, oracle());
    EXPECT_EQ(chain().sent()[0].gas_price, settings().gas_price_default);
    EXPECT_EQ(count("eth_receipts"), 3);
}

TEST_F(Txm, WhatWasCommittedButNotSentIsSentByTheNextLeader) {
    start();
    settle();
    chain().unreachable = true;
    const auto id = queue(1);
    wake();
    until([&] { return lines().with("could not be sent").size() == 1; }, "sending fails");
    EXPECT_EQ(state(id), "unconfirmed");
    EXPECT_EQ(attempts(), "in_progress");
    const auto hash = database().value("select encode(hash, 'hex') from eth_tx_attempts");
    stop();
    chain().unreachable = false;
    start();
    until([&] { return chain().pooled() == 1; }, "the takeover sends it");
    EXPECT_EQ(to_hex(chain().sent()[0].hash.view()), hash) << "the committed bytes, no others";
    until_value("select state from eth_tx_attempts", "broadcast");
    chain().mine();
    until_state(id, "confirmed");
    EXPECT_EQ(nonce_in_database(), 8);
}

TEST_F(Txm, WhatAnEndpointForgotIsSentAgainByTheNextLeader) {
    queue(1);
    start();
    until_value("select state from eth_tx_attempts", "broadcast");
    stop();
    start();
    until([&] { return chain().sent().size() == 2; }, "sent again, whatever its state says");
    EXPECT_EQ(chain().sent()[0].hash, chain().sent()[1].hash);
    settle();
    EXPECT_EQ(states(), "unconfirmed") << "\"already known\" is no error";
}

TEST_F(Txm, WhatWasMinedWhileNobodyLedIsConfirmed) {
    const auto id = queue(1);
    start();
    until_value("select state from eth_tx_attempts", "broadcast");
    stop();
    chain().mine();
    start();
    until_state(id, "confirmed");
    EXPECT_EQ(nonce_in_database(), 8);
}

TEST_F(Txm, ARowThatV1LeftInProgressIsFinished) {
    const auto id = queue(1);
    LegacyTransaction fields;
    fields.chain_id = chain_id();
    fields.nonce = 7;
    fields.gas_price = 5;
    fields.gas_limit = 100'000;
    fields.to = oracle();
    fields.payload = {1};
    const auto made = sign(keys(), key(), fields);
    database().run("update eth_txes set state = 'in_progress', nonce = 7");
    database().run(
        "insert into eth_tx_attempts (eth_tx_id, gas_price, signed_raw_tx, hash, state, created_at, "
        "chain_specific_gas_limit) values (" +
        std::to_string(id) + ", 5, " + literal(made.raw) + ", " + literal(made.hash.view()) +
        ", 'in_progress', now(), 100000)");
    const auto next = queue(2);
    start();
    until([&] { return chain().pooled() == 2; }, "both are sent");
    EXPECT_EQ(chain().sent()[0].hash, made.hash) << "the bytes that v1.11.0 signed";
    EXPECT_EQ(nonce_in_database(), 9);
    chain().mine();
    until_state(id, "confirmed");
    until_state(next, "confirmed");
    EXPECT_EQ(mined_payloads(), "01,02,");
}

TEST_F(Txm, ARefusedTransactionsNonceGoesToACancellation) {
    chain().refuse = [](const test::FakeChain::Tx& tx) -> std::optional<std::string> {
        if (tx.payload == Bytes{1}) return "exceeds block gas limit";
        return std::nullopt;
    };
    const auto bad = queue(1), good = queue(2);
    start();
    until_state(bad, "fatal_error");
    until([&] { return chain().pooled() == 2; }, "the cancellation and its neighbour are sent");
    EXPECT_EQ(database().value("select error from eth_txes where state = 'fatal_error'"),
              "exceeds block gas limit");
    chain().mine();
    until_state(good, "confirmed");
    until_value("select state from eth_txes where to_address = from_address", "confirmed");
    const auto mined = chain().mined();
    ASSERT_EQ(mined.size(), 2U);
    EXPECT_EQ(mined[0].to, key());
    EXPECT_TRUE(mined[0].payload.empty());
    EXPECT_EQ(mined[0].nonce, 7U);
    EXPECT_EQ(mined[1].payload, Bytes{2});
    EXPECT_EQ(nonce_in_database(), 9);
}

TEST_F(Txm, ACancellationThatIsRefusedTooIsNotCancelledAgain) {
    chain().refuse = [](const test::FakeChain::Tx&) {
        return std::optional<std::string>("exceeds block gas limit");
    };
    const auto bad = queue(1);
    start();
    until_state(bad, "fatal_error");
    stop();
    start();  // sends the cancellation again
    until([&] { return chain().sent().size() >= 3; }, "it is sent again");
    settle();
    EXPECT_EQ(count("eth_txes"), 2);
    EXPECT_FALSE(failure());
    chain().refuse = {};
    stop();
    start();
    until([&] { return chain().pooled() == 1; }, "taken at last");
}

TEST_F(Txm, WhatAnEndpointTookBeforeIsNotGivenUpWhenAnotherRefusesIt) {
    const auto id = queue(1);
    start();
    until_value("select state from eth_tx_attempts", "broadcast");
    stop();
    chain().refuse = [](const test::FakeChain::Tx&) {
        return std::optional<std::string>("exceeds block gas limit");
    };
    start();
    until([&] { return chain().sent().size() == 2; }, "sent again");
    settle();
    EXPECT_EQ(state(id), "unconfirmed") << "it may still be mined";
    EXPECT_EQ(lines().with("may still be mined").size(), 1U);
    chain().mine();
    until_state(id, "confirmed");
    EXPECT_EQ(count("eth_txes"), 1) << "no cancellation";
}

TEST_F(Txm, WhatIsMinedIsNotGivenUpWhateverAnEndpointSays) {
    bool lost = true;
    chain().refuse = [&](const test::FakeChain::Tx&) -> std::optional<std::string> {
        if (lost) return "txpool is full";
        return "exceeds block gas limit";
    };
    const auto id = queue(1);
    start();
    until([&] { return chain().sent().size() == 1; }, "not acknowledged");
    stop();
    ASSERT_EQ(attempts(), "in_progress");
    // It reached another endpoint.
    lost = false;
    chain().use_nonces(key(), 1);
    start();
    until([&] { return chain().sent().size() == 2; }, "sent again");
    until_value("select state from eth_tx_attempts", "broadcast");
    EXPECT_EQ(state(id), "unconfirmed");
    EXPECT_EQ(count("eth_txes"), 1);
}

TEST_F(Txm, AKeyThatIsNotInTheRingHoldsUpNobody) {
    // The product world's own key has a state on the chain, but the ring has another one.
    const auto orphan = queue(1, sender());
    const auto good = queue(2);
    start();
    until([&] { return chain().pooled() == 1; }, "the other key goes on");
    EXPECT_EQ(chain().sent()[0].payload, Bytes{2});
    wake();
    settle();
    EXPECT_EQ(state(orphan), "unstarted");
    EXPECT_EQ(lines().with("the key ring has no key for this address").size(), 1U);
    chain().mine();
    until_state(good, "confirmed");
}

TEST_F(Txm, ATakeoverEndsWhateverTheRowsOfOneKeyAre) {
    LegacyTransaction fields;
    fields.chain_id = chain_id();
    fields.nonce = 100;
    fields.gas_price = 5;
    fields.gas_limit = 100'000;
    fields.to = oracle();
    const auto refused = sign(keys(), key(), fields);
    // Not of this ring, and never acceptable.
    const auto a = started(1, sender(), 7, refused.raw, refused.hash, false);
    // No transaction at all.
    const auto b = started(2, sender(), 8, Bytes{0xb9}, hash(2), false);
    chain().refuse = [](const test::FakeChain::Tx& tx) -> std::optional<std::string> {
        if (tx.nonce == 100) return "exceeds block gas limit";
        return std::nullopt;
    };
    queue(3);
    start();
    until([&] { return chain().pooled() == 1; }, "the takeover ended");
    EXPECT_EQ(state(a), "unconfirmed");
    EXPECT_EQ(state(b), "unconfirmed");
    EXPECT_EQ(lines().with("the key ring has no key for this address").size(), 1U);
    EXPECT_EQ(lines().with("the stored bytes of a transaction cannot be sent").size(), 1U);
    EXPECT_FALSE(failure());
}

TEST_F(Txm, AnUnderpricedTransactionIsSentForThePriceThatIsConfiguredLater) {
    const BigInt enough("30000000000");
    chain().refuse = [&](const test::FakeChain::Tx& tx) -> std::optional<std::string> {
        if (tx.gas_price < enough) return "transaction underpriced";
        return std::nullopt;
    };
    settings().gas_price_default = enough - 1;
    const auto id = queue(1);
    start();
    until([&] { return !lines().with("raise ETH_GAS_PRICE_DEFAULT").empty(); }, "it says what to do");
    EXPECT_EQ(count("eth_tx_attempts"), 1);
    stop();
    settings().gas_price_default = enough;
    start();
    until([&] { return chain().pooled() == 1; }, "sent for the new price");
    EXPECT_EQ(count("eth_tx_attempts"), 2) << "committed bytes are kept";
    EXPECT_EQ(chain().sent().back().nonce, 7U);
    EXPECT_EQ(chain().sent().back().gas_price, enough);
    EXPECT_EQ(chain().sent().back().payload, Bytes{1});
    until_value("select string_agg(state::text, ',') from eth_tx_attempts", "broadcast,broadcast");
    chain().mine();
    until_state(id, "confirmed");
    EXPECT_EQ(nonce_in_database(), 8);
    EXPECT_EQ(count("eth_receipts"), 1);
}

TEST_F(Txm, APoorAddressCostsOneCommitPerBatch) {
    chain().refuse = [](const test::FakeChain::Tx&) {
        return std::optional<std::string>("insufficient funds for gas * price + value");
    };
    for (std::uint8_t i = 1; i <= 5; ++i)
        queue(i);
    start();
    until_value("select count(*) from eth_tx_attempts where state = 'insufficient_eth'", "5");
    EXPECT_EQ(database().value("select count(distinct xmin::text) from eth_tx_attempts"), "1");
}

TEST_F(Txm, AMinedTransactionIsAskedForBeforeItIsGivenUp) {
    const auto id = queue(1);
    start();
    until_value("select state from eth_tx_attempts", "broadcast");
    stop();
    chain().mine(1 + static_cast<int>(settings().finality_depth) + 5);
    database().run("update eth_txes set state = 'confirmed_missing_receipt'");
    database().run("update eth_tx_attempts set broadcast_before_block_num = 1");
    chain().receipt_json = [](const Hash&) { return std::optional<std::string>(R"({"blockNumber":"0x2"})"); };
    start();
    chain().mine();
    settle();
    EXPECT_EQ(state(id), "confirmed_missing_receipt") << "what cannot be read is not missing";
    chain().receipt_json = {};
    chain().mine();
    until_state(id, "confirmed");
}

TEST_F(Txm, WhatIsMissingForGoodIsGivenUp) {
    const auto id = queue(1);
    start();
    until_value("select state from eth_tx_attempts", "broadcast");
    stop();
    chain().stalled = true;
    chain().use_nonces(key(), 1);
    chain().mine(1 + static_cast<int>(settings().finality_depth) + 5);
    database().run("update eth_txes set state = 'confirmed_missing_receipt'");
    database().run("update eth_tx_attempts set broadcast_before_block_num = 1");
    start();
    until_state(id, "fatal_error");
    EXPECT_EQ(database().value("select error from eth_txes"), "could not get receipt");
}

TEST_F(Txm, AReceiptThatCannotBeReadHoldsUpNoOther) {
    const auto a = queue(1), b = queue(2);
    start();
    until([&] { return chain().pooled() == 2; }, "sent");
    const auto bad = chain().sent()[0].hash;
    chain().receipt_json = [bad](const Hash& hash) -> std::optional<std::string> {
        if (hash == bad) return R"({"blockNumber":"0x2"})";
        return std::nullopt;
    };
    chain().mine();
    until_state(b, "confirmed");
    chain().receipt_json = {};
    chain().mine();
    until_state(a, "confirmed");
}

TEST_F(Txm, ABlockIsAskedForOncePerPass) {
    for (std::uint8_t i = 1; i <= 5; ++i)
        queue(i);
    start();
    until([&] { return chain().pooled() == 5; }, "sent");
    chain().mine();
    until_value("select count(*) from eth_txes where state = 'confirmed'", "5");
    settle();
    set_know_heads(false);
    chain().block_queries.clear();
    chain().mine();
    until([&] { return !chain().block_queries.empty(); }, "asked");
    settle();
    EXPECT_EQ(chain().block_queries.size(), 1U);
}

TEST_F(Txm, AnAddressThatIsFundedLaterSendsTheSameBytes) {
    bool poor = true;
    chain().refuse = [&](const test::FakeChain::Tx&) -> std::optional<std::string> {
        if (poor) return "insufficient funds for gas * price + value";
        return std::nullopt;
    };
    const auto id = queue(1);
    start();
    until_value("select state from eth_tx_attempts", "insufficient_eth");
    EXPECT_EQ(state(id), "unconfirmed");
    EXPECT_FALSE(lines().with("not enough ETH").empty());
    poor = false;
    until([&] { return chain().pooled() == 1; }, "sent again by itself");
    EXPECT_EQ(chain().sent().front().hash, chain().sent().back().hash);
    chain().mine();
    until_state(id, "confirmed");
}

TEST_F(Txm, NoMoreThanAllowedAreInFlight) {
    settings().max_in_flight = 2;
    for (std::uint8_t i = 1; i <= 5; ++i)
        queue(i);
    start();
    until([&] { return chain().pooled() == 2; }, "two are sent");
    settle();
    EXPECT_EQ(chain().sent().size(), 2U);
    chain().mine();
    until([&] { return chain().pooled() == 2; }, "receipts make room");
    chain().mine();
    until([&] { return chain().pooled() == 1; }, "the last one");
    chain().mine();
    until_value("select count(*) from eth_txes where state = 'confirmed'", "5");
    EXPECT_EQ(mined_payloads(), "01,02,03,04,05,");
}

TEST_F(Txm, ASuspendedRunIsResumedWhenItsReceiptIsDeepEnough) {
    const auto job = stored(direct_job());
    database().run(
        "insert into pipeline_runs (id, pipeline_spec_id, state, inputs, created_at) values (50, " +
        std::to_string(job.pipeline_spec_id) + ", 'suspended', '{}', now())");
    database().run(
        "insert into pipeline_task_runs (id, pipeline_run_id, type, dot_id, created_at) values ('" +
        uuid(1).to_string() + "', 50, 'ethtx', 'send', now())");
    const auto id = queue(1);  // wants 2 confirmations
    start();
    until([&] { return chain().pooled() == 1; }, "sent");
    chain().mine();
    until_state(id, "confirmed");
    EXPECT_TRUE(resumed().empty());
    chain().mine(2);
    until([&] { return !resumed().empty(); }, "told");
    EXPECT_EQ(resumed()[0].task_id, uuid(1));
    EXPECT_EQ(resumed()[0].run_id, 50);
    EXPECT_EQ(resumed()[0].tx_hash, chain().mined()[0].hash);
    EXPECT_FALSE(resumed()[0].reverted);
    EXPECT_NE(resumed()[0].receipt_json.find("\"transactionHash\""), std::string::npos);
}

TEST_F(Txm, AReorganisationSendsAgainWhatItTookAway) {
    const auto id = queue(1);
    start();
    until([&] { return chain().pooled() == 1; }, "sent");
    chain().mine();
    until_state(id, "confirmed");
    const auto sent = chain().sent().size();
    chain().drop(1);
    chain().stalled = true;
    chain().mine(2);
    until_state(id, "unconfirmed");
    until([&] { return chain().sent().size() > sent; }, "sent again");
    EXPECT_EQ(chain().sent().back().hash, chain().sent().front().hash);
    EXPECT_EQ(count("eth_receipts"), 0);
    chain().stalled = false;
    chain().mine();
    until_state(id, "confirmed");
    EXPECT_EQ(nonce_in_database(), 8);
    EXPECT_EQ(chain().mined().size(), 1U);
}

TEST_F(Txm, NoncesThatSomebodyElseUsedAreSkipped) {
    chain().use_nonces(key(), 3);
    const auto id = queue(1);
    start();
    until([&] { return chain().pooled() == 1; }, "sent");
    EXPECT_EQ(chain().sent()[0].nonce, 10U);
    EXPECT_EQ(nonce_in_database(), 11);
    EXPECT_EQ(lines().with("its next nonce was raised").size(), 1U);
    chain().mine();
    until_state(id, "confirmed");
}

TEST_F(Txm, NothingIsSentWhileLeadershipIsNotProved) {
    start();
    set_may_act(false);
    queue(1);
    wake();
    until([&] { return !lines().with("leadership is not proved").empty(); }, "it says so");
    EXPECT_TRUE(chain().sent().empty());
    EXPECT_EQ(attempts(), "in_progress");
    set_may_act(true);
    until([&] { return chain().pooled() == 1; }, "sent when it may again");
}

TEST_F(Txm, NoSendOutlastsTheProofOfLeadership) {
    start();
    set_send_limit(std::chrono::nanoseconds(0));
    queue(1);
    wake();
    until([&] { return !lines().with("could not be sent and will be sent again").empty(); }, "it says so");
    EXPECT_TRUE(chain().sent().empty());
    EXPECT_EQ(attempts(), "in_progress");
    set_send_limit(std::chrono::seconds(10));
    until([&] { return chain().pooled() == 1; }, "sent when there is time again");
}

TEST_F(Txm, EndsWhenAnotherInstanceLeads) {
    start();
    settle();
    lose_leadership();
    queue(1);
    wake();
    until([&] { return failure() != nullptr; }, "it ends");
    EXPECT_THROW(std::rethrow_exception(failure()), pg::FenceRefused);
    EXPECT_TRUE(chain().sent().empty());
    EXPECT_EQ(nonce_in_database(), 7);
}

}  // namespace
}  // namespace baton::txm
