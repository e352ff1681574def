#pragma once

#include "baton/store/receipts.hpp"
#include "baton/store/transactions.hpp"
#include "testing/product_world.hpp"

#include <string>
#include <vector>

namespace baton::store {

/// For tests: transactions in the states of eth_txes. The hash of the attempt with nonce n is hash(n).
class TransactionsTest : public test::ProductWorld {
  protected:
    /// A row in state unstarted, for the task with this id.
    std::int64_t queue(std::uint8_t task_id) {
        const auto wanted = transaction(task_id, 3);
        return std::stoll(
            database().value("insert into eth_txes (from_address, to_address, encoded_payload, value, "
                             "gas_limit, meta, transmit_checker, "
                             "pipeline_task_run_id, min_confirmations, evm_chain_id, created_at) values (" +
                             literal(wanted.from.view()) + ", " + literal(wanted.to.view()) + ", " +
                             literal(wanted.payload) + ", 0, 500000, '" + *wanted.meta + "', '{}', '" +
                             wanted.task_id.to_string() + "', 3, 1337, now()) returning id"));
    }
    void change(std::int64_t id, const std::string& assignments) {
        database().run("update eth_txes set " + assignments + " where id = " + std::to_string(id));
    }
    void add_attempt(std::int64_t id, std::uint32_t number, const std::string& state,
                     std::int64_t gas_price = 1) {
        database().run(
            "insert into eth_tx_attempts (eth_tx_id, gas_price, signed_raw_tx, hash, state, created_at, "
            "chain_specific_gas_limit) values (" +
            std::to_string(id) + ", " + std::to_string(gas_price) + ", '\\x01', " +
            literal(hash(number).view()) + ", '" + state + "', now(), 1)");
    }
    static Assignment assignment(std::int64_t id, std::int64_t nonce) {
        Assignment one;
        one.tx_id = id;
        one.nonce = nonce;
        one.attempt.gas_price = BigInt("20000000000");
        one.attempt.gas_limit = 550'000;
        one.attempt.signed_raw_tx = {0xf8, static_cast<std::uint8_t>(nonce)};
        one.attempt.hash = hash(static_cast<std::uint32_t>(nonce));
        return one;
    }
    void assign(std::vector<Assignment> assignments, std::int64_t first = first_nonce) {
        run(assign_nonces(writer(), chain_id(), sender(), first, std::move(assignments)));
    }
    /// Queued, started and accepted by an endpoint.
    std::int64_t sent(std::uint8_t task_id, std::int64_t nonce) {
        const auto id = queue(task_id);
        assign({assignment(id, nonce)}, nonce);
        run(mark_broadcast(writer(), {hash(static_cast<std::uint32_t>(nonce))}));
        return id;
    }
    static model::Receipt receipt(std::uint32_t nonce, std::uint64_t block) {
        model::Receipt made;
        made.tx_hash = hash(nonce);
        made.block_hash = hash(10'000 + static_cast<std::uint32_t>(block));
        made.block_number = block;
        made.transaction_index = 2;
        made.status = 1;
        made.json = R"({"status": "0x1"})";
        return made;
    }

    std::vector<Work> work(std::int64_t max_in_flight = 0, std::int64_t most = 100) {
        return run(load_work(pool(), chain_id(), max_in_flight, most, soon()));
    }
    /// Of the one key that has any.
    std::vector<model::Transaction> unstarted(std::int64_t most = 100) {
        const auto all = work(0, most);
        return all.empty() ? std::vector<model::Transaction>() : all.front().transactions;
    }
    std::vector<model::Transaction> unconfirmed() {
        return run(load_unconfirmed(pool(), chain_id(), soon()));
    }
    std::string state(std::int64_t id) {
        return database().value("select state from eth_txes where id = " + std::to_string(id));
    }
    std::string attempt_state(std::uint32_t number) {
        return database().value("select state from eth_tx_attempts where hash = " +
                                literal(hash(number).view()));
    }
};

}  // namespace baton::store
