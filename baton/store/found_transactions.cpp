#include "baton/store/found_transactions.hpp"

#include <utility>

namespace baton::store {

namespace {

/// In eth_txes.meta of a found transaction until a run of ours takes its place. v1.11.0 does not look at it.
constexpr const char* mark = R"({"FoundOnChain": true})";

pg::Statement insert_found(const BigInt& chain_id, const std::vector<FoundTransaction>& found) {
    pg::ArrayParam nonces, froms, tos, payloads, values, limits, prices, raws, hashes;
    for (const auto& one : found) {
        nonces.add(one.nonce);
        froms.add(one.from);
        tos.add(one.to);
        payloads.add(one.payload);
        values.add(one.value);
        limits.add(static_cast<std::int64_t>(one.attempt.gas_limit));
        prices.add(one.attempt.gas_price);
        raws.add(one.attempt.signed_raw_tx);
        hashes.add(one.attempt.hash);
    }
    pg::Params params;
    params.add(nonces.text()).add(froms.text()).add(tos.text()).add(payloads.text()).add(values.text());
    params.add(limits.text()).add(prices.text()).add(raws.text()).add(hashes.text());
    params.add(chain_id).add(mark);
    return {
        "with u as (select * from unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::numeric[], "
        "$6::bigint[], $7::numeric[], $8::bytea[], $9::bytea[]) "
        "as u (nonce, sender, receiver, payload, value, gas, price, raw, hash)), "
        "made as (insert into eth_txes (nonce, from_address, to_address, encoded_payload, value, gas_limit, "
        "state, meta, evm_chain_id, created_at, broadcast_at, initial_broadcast_at) "
        "select nonce, sender, receiver, payload, value, gas, 'unconfirmed', $11::jsonb, $10::numeric, "
        "now(), now(), now() from u order by sender, nonce "
        "on conflict (evm_chain_id, from_address, nonce) do nothing returning id, from_address, nonce) "
        "insert into eth_tx_attempts (eth_tx_id, tx_type, gas_price, signed_raw_tx, hash, "
        "chain_specific_gas_limit, state, created_at) "
        "select made.id, 0, u.price, u.raw, u.hash, u.gas, 'broadcast', now() from made join u on "
        "u.sender = made.from_address and u.nonce = made.nonce",
        std::move(params)};
}

pg::Statement raise_nonces(const BigInt& chain_id, const std::vector<FoundTransaction>& found) {
    pg::ArrayParam froms, nonces;
    for (const auto& one : found) {
        froms.add(one.from);
        nonces.add(one.nonce);
    }
    pg::Params params;
    params.add(chain_id).add(froms.text()).add(nonces.text());
    return {
        "update evm_key_states k set next_nonce = f.behind, updated_at = now() from (select u.sender, "
        "max(u.nonce) + 1 as behind from unnest($2::bytea[], $3::bigint[]) as u (sender, nonce) group by "
        "u.sender) f where k.evm_chain_id = $1::numeric and k.address = f.sender and k.next_nonce < f.behind",
        std::move(params)};
}

struct Pair {
    std::int64_t wanted = 0;
    std::int64_t found = 0;
};

async::Task<std::optional<Pair>> first_pair(pg::Pool* pool, BigInt chain_id, async::Deadline deadline) {
    pg::Params params;
    params.add(std::move(chain_id)).add(mark);
    const auto rows = co_await pool->query(
        "select w.id, f.id from eth_txes w join eth_txes f on f.evm_chain_id = w.evm_chain_id and "
        "f.to_address = w.to_address and substring(f.encoded_payload for 36) = "
        "substring(w.encoded_payload for 36) and f.meta = $2::jsonb and "
        "f.created_at > now() - interval '1 day' where w.evm_chain_id = $1::numeric and "
        "w.state = 'unstarted' order by w.id, f.id limit 1",
        std::move(params), deadline);
    if (rows.empty()) co_return std::nullopt;
    co_return Pair{rows[0].int64(0), rows[0].int64(1)};
}

pg::Statement with_pair(std::string sql, Pair pair) {
    pg::Params params;
    params.add(pair.wanted).add(pair.found);
    return {std::move(sql), std::move(params)};
}

async::Task<void> join(const Writer* writer, Pair pair) {
    std::vector<pg::Statement> statements;
    statements.push_back(
        with_pair("update eth_tx_attempts set eth_tx_id = $1::bigint where eth_tx_id = $2::bigint", pair));
    statements.push_back(with_pair(
        "with f as (delete from eth_txes where id = $2::bigint returning *) update eth_txes w set "
        "nonce = f.nonce, from_address = f.from_address, encoded_payload = f.encoded_payload, value = "
        "f.value, "
        "gas_limit = f.gas_limit, state = f.state, broadcast_at = f.broadcast_at, initial_broadcast_at = "
        "f.initial_broadcast_at from f where w.id = $1::bigint",
        pair));
    co_await writer->run_batch(std::move(statements));
}

}  // namespace

async::Task<void> record_found(Writer writer, BigInt chain_id, std::vector<FoundTransaction> found) {
    if (found.empty()) co_return;
    std::vector<pg::Statement> statements;
    statements.push_back(insert_found(chain_id, found));
    statements.push_back(raise_nonces(chain_id, found));
    co_await writer.run_batch(std::move(statements));
}

async::Task<std::int64_t> join_found(Writer writer, BigInt chain_id) {
    std::int64_t joined = 0;
    for (;;) {
        const auto pair = co_await first_pair(writer.pool, chain_id, writer.deadline());
        if (!pair) co_return joined;
        co_await join(&writer, *pair);
        ++joined;
    }
}

}  // namespace baton::store
