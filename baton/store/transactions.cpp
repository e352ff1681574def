#include "baton/store/transactions.hpp"

#include <functional>
#include <map>

namespace baton::store {

namespace {

/// What read_transaction() reads.
const std::string transaction_columns =
    "x.id, x.nonce, x.from_address, x.to_address, x.encoded_payload, x.value, x.gas_limit, x.state::text, "
    "x.error, x.meta::text, x.pipeline_task_run_id, x.min_confirmations, x.created_at, x.broadcast_at";
const std::string select_transactions =
    "select " + transaction_columns + " from eth_txes x where x.evm_chain_id = $1::numeric";

model::Transaction read_transaction(const pg::Row& row, const BigInt& chain_id) {
    model::Transaction transaction;
    transaction.chain_id = chain_id;
    transaction.id = row.int64(0);
    transaction.nonce = row.opt_int64(1);
    transaction.from = row.address(2);
    transaction.to = row.address(3);
    transaction.payload = row.bytes(4);
    transaction.value = row.big(5);
    transaction.gas_limit = static_cast<std::uint32_t>(row.int64(6));
    transaction.state = model::parse_tx_state(row.text(7));
    transaction.error = row.opt_str(8);
    transaction.meta = row.opt_str(9);
    transaction.task_id = row.opt_uuid(10);
    if (const auto confirmations = row.opt_int64(11))
        transaction.min_confirmations = static_cast<std::uint32_t>(*confirmations);
    transaction.created_at = row.time(12);
    transaction.broadcast_at = row.opt_time(13);
    return transaction;
}

model::Attempt read_attempt(const pg::Row& row) {
    model::Attempt attempt;
    attempt.id = row.int64(0);
    attempt.tx_id = row.int64(1);
    attempt.type = row.int32(2);
    attempt.gas_price = row.opt_big(3).value_or(0);
    attempt.signed_raw_tx = row.bytes(4);
    attempt.hash = row.hash(5);
    attempt.state = model::parse_attempt_state(row.text(6));
    attempt.gas_limit = static_cast<std::uint64_t>(row.int64(7));
    attempt.broadcast_before_block_num = row.opt_int64(8);
    return attempt;
}

async::Task<void> add_attempts(pg::Pool& pool, std::vector<model::Transaction>& transactions,
                               async::Deadline deadline) {
    std::map<std::int64_t, model::Transaction*> by_id;
    pg::ArrayParam ids;
    for (auto& transaction : transactions) {
        by_id[transaction.id] = &transaction;
        ids.add(transaction.id);
    }
    if (by_id.empty()) co_return;
    pg::Params params;
    params.add(ids.text());
    const auto rows = co_await pool.query(
        "select id, eth_tx_id, tx_type, coalesce(gas_price, gas_fee_cap), signed_raw_tx, hash, state::text, "
        "chain_specific_gas_limit, broadcast_before_block_num from eth_tx_attempts where eth_tx_id = "
        "any($1::bigint[]) "
        "order by gas_price desc, gas_tip_cap desc, id desc",
        std::move(params), deadline);
    for (const auto row : rows)
        by_id.at(row.int64(1))->attempts.push_back(read_attempt(row));
}

async::Task<std::vector<model::Transaction>> query_transactions(pg::Pool& pool, BigInt chain_id,
                                                                std::string rest, pg::Params params,
                                                                async::Deadline deadline) {
    const auto rows = co_await pool.query(select_transactions + rest, std::move(params), deadline);
    std::vector<model::Transaction> transactions;
    for (const auto row : rows)
        transactions.push_back(read_transaction(row, chain_id));
    co_await add_attempts(pool, transactions, deadline);
    co_return transactions;
}

/// Raises the key's nonce by `count` on condition that it still is `first` (leadership.md section 4, "Next to
/// v1").
pg::Statement take_nonces(const std::string& own_schema, const BigInt& chain_id, const Address& from,
                          std::int64_t first, std::int64_t count) {
    pg::Params params;
    params.add(chain_id).add(from).add(first).add(count);
    return {
        "with taken as (update evm_key_states set next_nonce = next_nonce + $4::bigint, updated_at = now() "
        "where evm_chain_id = $1::numeric and address = $2::bytea and next_nonce = $3::bigint and not "
        "disabled "
        "returning 1) select " +
            own_schema +
            ".require(count(*) = 1, 'the key''s next nonce changed or the key is disabled') from taken",
        std::move(params)};
}

pg::Statement insert_attempts(const std::vector<Assignment>& assignments) {
    pg::ArrayParam txs, prices, raws, hashes, limits;
    for (const auto& one : assignments) {
        txs.add(one.tx_id);
        prices.add(one.attempt.gas_price);
        raws.add(one.attempt.signed_raw_tx);
        hashes.add(one.attempt.hash);
        limits.add(static_cast<std::int64_t>(one.attempt.gas_limit));
    }
    pg::Params params;
    params.add(txs.text()).add(prices.text()).add(raws.text()).add(hashes.text()).add(limits.text());
    return {
        "insert into eth_tx_attempts (eth_tx_id, tx_type, gas_price, signed_raw_tx, hash, "
        "chain_specific_gas_limit, "
        "state, created_at) "
        "select u.tx, 0, u.price, u.raw, u.hash, u.gas, 'in_progress', now() "
        "from unnest($1::bigint[], $2::numeric[], $3::bytea[], $4::bytea[], $5::bigint[]) "
        "as u (tx, price, raw, hash, gas)",
        std::move(params)};
}

/// The row and its attempt. `sender`: a query that gives from_address and evm_chain_id, with parameters from
/// $6 on.
pg::Statement insert_cancellation(const Assignment& cancellation, const std::string& sender,
                                  const std::function<void(pg::Params&)>& add_sender) {
    pg::Params params;
    params.add(cancellation.nonce)
        .add(std::int64_t(cancellation.attempt.gas_limit))
        .add(cancellation.attempt.gas_price)
        .add(cancellation.attempt.signed_raw_tx)
        .add(cancellation.attempt.hash);
    add_sender(params);
    return {
        "with cancellation as (insert into eth_txes (nonce, from_address, to_address, encoded_payload, "
        "value, "
        "gas_limit, state, evm_chain_id, created_at, broadcast_at, initial_broadcast_at) "
        "select $1::bigint, s.from_address, s.from_address, '', 0, $2::bigint, 'unconfirmed', "
        "s.evm_chain_id, now(), now(), now() from (" +
            sender +
            ") s returning id) "
            "insert into eth_tx_attempts (eth_tx_id, tx_type, gas_price, signed_raw_tx, hash, "
            "chain_specific_gas_limit, state, created_at) "
            "select id, 0, $3::numeric, $4::bytea, $5::bytea, $2::bigint, 'in_progress', now() from "
            "cancellation",
        std::move(params)};
}

}  // namespace

async::Task<std::vector<Work>> load_work(pg::Pool& pool, BigInt chain_id, std::int64_t max_in_flight,
                                         std::int64_t most, async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id).add(max_in_flight).add(most);
    const auto rows = co_await pool.query(
        "with waiting as (select w.from_address, k.next_nonce, case when $2::bigint = 0 then $3::bigint else "
        "greatest(0, least($3::bigint, $2::bigint - (select count(*) from eth_txes f where f.evm_chain_id = "
        "$1::numeric and f.from_address = w.from_address and f.state = 'unconfirmed'))) end as room "
        "from (select distinct from_address from eth_txes where evm_chain_id = $1::numeric and state = "
        "'unstarted') w left join evm_key_states k on k.evm_chain_id = $1::numeric and k.address = "
        "w.from_address and not k.disabled) "
        "select " +
            transaction_columns +
            ", w.from_address, w.next_nonce, w.room from waiting w left join lateral (select * from eth_txes "
            "u where u.evm_chain_id = $1::numeric and u.from_address = w.from_address and u.state = "
            "'unstarted' order by u.value, u.created_at, u.id limit w.room) x on true "
            "order by w.from_address, x.value, x.created_at, x.id",
        std::move(params), deadline);
    std::vector<Work> all;
    for (const auto row : rows) {
        const auto from = row.address(14);
        if (all.empty() || all.back().from != from)
            all.push_back({from, row.opt_int64(15), row.int64(16), {}});
        // A key without room has one row without a transaction.
        if (!row.is_null(0)) all.back().transactions.push_back(read_transaction(row, chain_id));
    }
    co_return all;
}

async::Task<std::vector<model::Transaction>> load_in_progress(pg::Pool& pool, BigInt chain_id,
                                                              async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id);
    return query_transactions(pool, chain_id, " and x.state = 'in_progress' order by x.id", std::move(params),
                              deadline);
}

async::Task<std::vector<model::Transaction>> load_unconfirmed(pg::Pool& pool, BigInt chain_id,
                                                              async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id);
    return query_transactions(
        pool, chain_id,
        " and x.state in ('unconfirmed', 'confirmed_missing_receipt') order by x.from_address, x.nonce",
        std::move(params), deadline);
}

async::Task<std::optional<model::Transaction>> find_by_nonce(pg::Pool& pool, BigInt chain_id, Address from,
                                                             std::int64_t nonce, async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id).add(from).add(nonce);
    auto found = co_await query_transactions(pool, chain_id,
                                             " and x.from_address = $2::bytea and x.nonce = $3::bigint",
                                             std::move(params), deadline);
    if (found.empty()) co_return std::nullopt;
    co_return std::move(found.front());
}

async::Task<void> assign_nonces(Writer writer, BigInt chain_id, Address from, std::int64_t first_nonce,
                                std::vector<Assignment> assignments) {
    pg::ArrayParam ids, nonces;
    for (const auto& one : assignments) {
        ids.add(one.tx_id);
        nonces.add(one.nonce);
    }
    const auto count = static_cast<std::int64_t>(assignments.size());
    std::vector<pg::Statement> statements;
    statements.push_back(take_nonces(writer.fence.own_schema, chain_id, from, first_nonce, count));
    pg::Params params;
    params.add(ids.text()).add(nonces.text()).add(count);
    statements.push_back(
        {"with moved as (update eth_txes x set state = 'unconfirmed', nonce = u.nonce, broadcast_at = now(), "
         "initial_broadcast_at = now() from unnest($1::bigint[], $2::bigint[]) as u (id, nonce) "
         "where x.id = u.id and x.state = 'unstarted' returning 1) select " +
             writer.fence.own_schema +
             ".require(count(*) = $3::bigint, 'a transaction was started before') from moved",
         std::move(params)});
    statements.push_back(insert_attempts(assignments));
    co_await writer.run_batch(std::move(statements));
}

async::Task<void> mark_broadcast(Writer writer, std::vector<Hash> attempt_hashes) {
    if (attempt_hashes.empty()) co_return;
    pg::ArrayParam hashes;
    for (const auto& hash : attempt_hashes)
        hashes.add(hash);
    pg::Params params;
    params.add(hashes.text());
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"update eth_tx_attempts set state = 'broadcast' where hash = any($1::bytea[]) and state <> "
         "'broadcast'",
         std::move(params)});
    co_await writer.run_batch(std::move(statements));
}

async::Task<void> complete_in_progress(Writer writer, BigInt chain_id, Address from, std::int64_t tx_id) {
    std::vector<pg::Statement> statements;
    pg::Params params;
    params.add(tx_id).add(chain_id).add(from);
    statements.push_back(
        {"with moved as (update eth_txes set state = 'unconfirmed', broadcast_at = created_at, "
         "initial_broadcast_at = "
         "created_at where id = $1::bigint and state = 'in_progress' returning nonce), "
         "taken as (update evm_key_states k set next_nonce = moved.nonce + 1, updated_at = now() from moved "
         "where k.evm_chain_id = $2::numeric and k.address = $3::bytea and k.next_nonce = moved.nonce "
         "returning 1) "
         "select " +
             writer.fence.own_schema +
             ".require((select count(*) from moved) = 1, 'the transaction is not in progress any more')",
         std::move(params)});
    // Its attempt stays in_progress until an endpoint took it: what is not known to be sent is sent again.
    co_await writer.run_batch(std::move(statements));
}

async::Task<void> mark_insufficient_eth(Writer writer, std::vector<Hash> attempt_hashes) {
    if (attempt_hashes.empty()) co_return;
    pg::ArrayParam hashes;
    for (const auto& hash : attempt_hashes)
        hashes.add(hash);
    pg::Params params;
    params.add(hashes.text());
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"update eth_tx_attempts set state = 'insufficient_eth' where hash = any($1::bytea[]) and state = "
         "'in_progress'",
         std::move(params)});
    co_await writer.run_batch(std::move(statements));
}

async::Task<void> add_second_attempt(Writer writer, Assignment second) {
    pg::Params row;
    row.add(second.tx_id).add(second.nonce);
    std::vector<pg::Statement> statements;
    statements.push_back({"select " + writer.fence.own_schema +
                              ".require(count(*) = 1, 'the transaction is not unconfirmed any more') from "
                              "(select from eth_txes where id = $1::bigint and nonce = $2::bigint and state "
                              "= 'unconfirmed' for update) x",
                          std::move(row)});
    pg::Params before;
    before.add(second.tx_id);
    statements.push_back(
        {"update eth_tx_attempts set state = 'broadcast' where eth_tx_id = $1::bigint and state <> "
         "'broadcast'",
         std::move(before)});
    statements.push_back(insert_attempts({second}));
    co_await writer.run_batch(std::move(statements));
}

async::Task<void> mark_fatal(Writer writer, std::int64_t tx_id, std::string error,
                             std::optional<Assignment> replacement) {
    std::vector<pg::Statement> statements;
    pg::Params params;
    params.add(tx_id).add(error);
    statements.push_back(
        {"update eth_txes set state = 'fatal_error', error = $2, nonce = null, broadcast_at = null, "
         "initial_broadcast_at = null where id = $1::bigint and state <> 'confirmed'",
         std::move(params)});
    if (replacement) {
        // The cancellation copies sender and chain of the row that is given up, and goes to the sender
        // itself.
        statements.push_back(insert_cancellation(
            *replacement, "select from_address, evm_chain_id from eth_txes where id = $6::bigint",
            [tx_id](pg::Params& sender) { sender.add(tx_id); }));
    }
    co_await writer.run_batch(std::move(statements));
}

async::Task<void> spend_nonce(Writer writer, BigInt chain_id, Address from, Assignment cancellation) {
    pg::Params key;
    key.add(chain_id).add(from).add(cancellation.nonce);
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"with taken as (update evm_key_states set next_nonce = next_nonce + 1, updated_at = now() where "
         "evm_chain_id = $1::numeric and address = $2::bytea and next_nonce = $3::bigint returning 1) "
         "select " +
             writer.fence.own_schema +
             ".require((select count(*) from taken) = 1 or exists (select from evm_key_states where "
             "evm_chain_id = "
             "$1::numeric and address = $2::bytea and next_nonce > $3::bigint), 'the key has no state on "
             "this "
             "chain, or nonces before this one are not used yet')",
         std::move(key)});
    statements.push_back(insert_cancellation(cancellation,
                                             "select $6::bytea as from_address, $7::numeric as evm_chain_id",
                                             [&](pg::Params& sender) { sender.add(from).add(chain_id); }));
    co_await writer.run_batch(std::move(statements));
}

async::Task<void> touch_broadcast_at(Writer writer, std::vector<std::int64_t> tx_ids) {
    if (tx_ids.empty()) co_return;
    pg::ArrayParam ids;
    for (const auto id : tx_ids)
        ids.add(id);
    pg::Params params;
    params.add(ids.text());
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"update eth_txes set broadcast_at = now() where id = any($1::bigint[]) and state in "
         "('unconfirmed', 'confirmed_missing_receipt')",
         std::move(params)});
    co_await writer.run_batch(std::move(statements));
}

namespace {

/// Deletes the rows whose ids the query gives, in batches, so that no transaction holds its locks for long.
/// The query's next parameter is the limit.
async::Task<std::int64_t> delete_in_batches(Writer writer, std::string ids, pg::Params params) {
    constexpr std::int64_t rows_per_batch = 1000;
    std::int64_t deleted = 0;
    params.add(rows_per_batch);
    for (;;) {
        std::vector<pg::Statement> statements;
        statements.push_back({"delete from eth_txes where id in (" + ids + ")", params});
        const auto results = co_await writer.run_batch(std::move(statements));
        deleted += results[0].affected();
        if (results[0].affected() < rows_per_batch) co_return deleted;
    }
}

}  // namespace

async::Task<std::int64_t> reap_transactions(Writer writer, BigInt chain_id, std::uint64_t finalized_block,
                                            std::chrono::nanoseconds threshold) {
    const auto age = std::int64_t(std::chrono::duration_cast<std::chrono::milliseconds>(threshold).count());
    pg::Params confirmed;
    confirmed.add(chain_id).add(finalized_block).add(age);
    auto deleted = co_await delete_in_batches(
        writer,
        "select distinct x.id from eth_txes x join eth_tx_attempts a on a.eth_tx_id = x.id join eth_receipts "
        "r "
        "on r.tx_hash = a.hash where x.evm_chain_id = $1::numeric and x.state = 'confirmed' and "
        "r.block_number "
        "< $2::bigint and x.created_at < now() - $3::bigint * interval '1 ms' limit $4::bigint",
        std::move(confirmed));
    pg::Params fatal;
    fatal.add(chain_id).add(age).add(finalized_block);
    // What was signed could still be mined until the cancellation of its nonce is final (leadership.md
    // section 8).
    deleted += co_await delete_in_batches(
        writer,
        "select x.id from eth_txes x where x.evm_chain_id = $1::numeric and x.state = 'fatal_error' and "
        "x.created_at < now() - $2::bigint * interval '1 ms' and not (exists (select from eth_tx_attempts a "
        "where a.eth_tx_id = x.id) and exists (select from eth_txes c where c.evm_chain_id = x.evm_chain_id "
        "and c.from_address = x.from_address and c.to_address = x.from_address and c.encoded_payload = '' "
        "and "
        "c.id > x.id and (c.state in ('unconfirmed', 'confirmed_missing_receipt') or exists (select from "
        "eth_tx_attempts b join eth_receipts r on r.tx_hash = b.hash where b.eth_tx_id = c.id and "
        "r.block_number >= $3::bigint)))) limit $4::bigint",
        std::move(fatal));
    co_return deleted;
}

async::Task<TransactionCounts> count_transactions(pg::Pool& pool, BigInt chain_id, async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id);
    const auto rows = co_await pool.query(
        "select count(*) filter (where state = 'unconfirmed'), count(*) filter (where state = 'unstarted') "
        "from eth_txes where evm_chain_id = $1::numeric and state in ('unconfirmed', 'unstarted')",
        std::move(params), deadline);
    TransactionCounts counts;
    counts.unconfirmed = rows[0].int64(0);
    counts.unstarted = rows[0].int64(1);
    co_return counts;
}

}  // namespace baton::store
