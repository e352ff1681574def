#include "baton/store/receipts.hpp"

namespace baton::store {

async::Task<void> save_receipts(Writer writer, BigInt chain_id, std::vector<model::Receipt> receipts) {
    if (receipts.empty()) co_return;
    pg::ArrayParam txs, blocks, numbers, indexes, texts;
    for (const auto& receipt : receipts) {
        txs.add(receipt.tx_hash);
        blocks.add(receipt.block_hash);
        numbers.add(static_cast<std::int64_t>(receipt.block_number));
        indexes.add(static_cast<std::int64_t>(receipt.transaction_index));
        texts.add(receipt.json);
    }
    pg::Params params;
    params.add(txs.text()).add(blocks.text()).add(numbers.text()).add(indexes.text()).add(texts.text());
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"insert into eth_receipts (tx_hash, block_hash, block_number, transaction_index, receipt, "
         "created_at) "
         "select u.tx, u.block, u.number, u.index, u.receipt, now() from unnest($1::bytea[], $2::bytea[], "
         "$3::bigint[], $4::bigint[], $5::jsonb[]) as u (tx, block, number, index, receipt) "
         "on conflict (tx_hash, block_hash) do update set block_number = excluded.block_number, "
         "transaction_index = excluded.transaction_index, receipt = excluded.receipt",
         std::move(params)});
    pg::Params hashes;
    hashes.add(txs.text()).add(numbers.text()).add(chain_id);
    statements.push_back(
        {"with mined as (update eth_tx_attempts a set state = 'broadcast', broadcast_before_block_num = "
         "coalesce(a.broadcast_before_block_num, nullif(u.number, 0)) from unnest($1::bytea[], $2::bigint[]) "
         "as u (hash, number) where a.hash = u.hash returning a.eth_tx_id) "
         "update eth_txes x set state = 'confirmed' from mined where x.id = mined.eth_tx_id and "
         "x.evm_chain_id = "
         "$3::numeric and x.state in ('unconfirmed', 'confirmed_missing_receipt')",
         std::move(hashes)});
    pg::Params chain;
    chain.add(chain_id);
    statements.push_back(
        {"update eth_txes x set state = 'confirmed_missing_receipt' from (select from_address, max(nonce) as "
         "nonce "
         "from eth_txes where evm_chain_id = $1::numeric and state = 'confirmed' group by from_address) "
         "highest "
         "where x.evm_chain_id = $1::numeric and x.state = 'unconfirmed' and x.from_address = "
         "highest.from_address "
         "and x.nonce < highest.nonce",
         std::move(chain)});
    co_await writer.run_batch(std::move(statements));
}

async::Task<void> stamp_attempts(Writer writer, BigInt chain_id, std::uint64_t head) {
    if (head == 0) co_return;  // the column refuses block zero
    pg::Params params;
    params.add(chain_id).add(head);
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"update eth_tx_attempts a set broadcast_before_block_num = $2::bigint from eth_txes x "
         "where x.id = a.eth_tx_id and x.evm_chain_id = $1::numeric and a.state = 'broadcast' "
         "and a.broadcast_before_block_num is null",
         std::move(params)});
    co_await writer.run_batch(std::move(statements));
}

async::Task<std::vector<ConfirmedReceipt>> load_confirmed_receipts(pg::Pool& pool, BigInt chain_id,
                                                                   std::uint64_t from_block,
                                                                   std::uint64_t to_block,
                                                                   async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id).add(from_block).add(to_block);
    const auto rows = co_await pool.query(
        "select x.id, r.block_hash, r.block_number from eth_receipts r join eth_tx_attempts a on a.hash = "
        "r.tx_hash "
        "join eth_txes x on x.id = a.eth_tx_id where x.evm_chain_id = $1::numeric and x.state = 'confirmed' "
        "and r.block_number between $2::bigint and $3::bigint order by x.id",
        std::move(params), deadline);
    std::vector<ConfirmedReceipt> receipts;
    for (const auto row : rows)
        receipts.push_back({row.int64(0), row.hash(1), static_cast<std::uint64_t>(row.int64(2))});
    co_return receipts;
}

async::Task<void> unconfirm(Writer writer, std::int64_t tx_id) {
    pg::Params id;
    id.add(tx_id);
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"delete from eth_receipts r using eth_tx_attempts a where a.hash = r.tx_hash and a.eth_tx_id "
         "= $1::bigint",
         id});
    statements.push_back(
        {"update eth_txes set state = 'unconfirmed' where id = $1::bigint and state = 'confirmed'", id});
    statements.push_back(
        {"update eth_tx_attempts set state = 'in_progress', broadcast_before_block_num = null where "
         "id = (select id from eth_tx_attempts where eth_tx_id = $1::bigint order by gas_price desc, "
         "gas_tip_cap desc limit 1)",
         std::move(id)});
    co_await writer.run_batch(std::move(statements));
}

}  // namespace baton::store
