#include "baton/store/found_transactions.hpp"
#include "baton/txm/txm_testing.hpp"

namespace baton::txm {
namespace {

class LostCommitsTest : public TxmTest {
  protected:
    /// What answers this request.
    static Bytes answer_to(std::uint8_t request) { return {0x4a, 0xb0, 0x07, 0x6a, request}; }

    /// On the chain and recorded after a failover, with the key's next nonce.
    void find_on_chain(std::uint8_t request) {
        store::FoundTransaction found;
        found.nonce = first_nonce;
        found.from = key();
        found.to = oracle();
        found.payload = answer_to(request);
        found.attempt.signed_raw_tx = Bytes{1};
        found.attempt.hash = hash(1);
        found.attempt.gas_price = 5;
        found.attempt.gas_limit = 500'000;
        run(store::record_found(writer(), chain_id(), {found}));
        database().run(
            "insert into baton.settings (name, value) values ('database_history', 'here/1 found')");
        set_database_history("here/1");
    }
    /// A transaction that answers the request and that nobody starts yet.
    std::int64_t held_back(std::uint8_t request) {
        const auto id = queue(1);
        database().run("update eth_txes set state = 'fatal_error', error = 'held back', encoded_payload = " +
                       literal(answer_to(request)) + " where id = " + std::to_string(id));
        return id;
    }
    void let_go(std::int64_t id) {
        database().run("update eth_txes set state = 'unstarted', error = null where id = " +
                       std::to_string(id));
    }
};

/// Whoever matched first and then read what is next would give it a nonce of its own.
TEST_F(LostCommitsTest, WhatIsStoredWhileTheNextOnesAreBeingReadIsNotSentAgain) {
    find_on_chain(1);
    const auto wanted = held_back(1);
    queue(2);
    start();
    until([&] { return chain().pooled() == 1; }, "the broadcaster works");
    // The read of what is next needs this table, the match does not.
    const auto other = run(pg::Connection::open(database().session_options(), soon()));
    run(other->query("begin", soon()));
    run(other->query("lock table evm_key_states in access exclusive mode", soon()));
    wake();
    until_value(
        "select exists (select from pg_locks where not granted and relation = 'evm_key_states'::regclass)",
        "t");
    let_go(wanted);
    run(other->query("rollback", soon()));
    until_state(wanted, "unconfirmed");
    EXPECT_EQ(database().value("select nonce from eth_txes where id = " + std::to_string(wanted)),
              std::to_string(first_nonce));
    EXPECT_EQ(chain().pooled(), 1U) << "the one before only";
}

}  // namespace
}  // namespace baton::txm
