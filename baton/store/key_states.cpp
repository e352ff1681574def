#include "baton/store/key_states.hpp"

#include <utility>

namespace baton::store {

async::Task<std::vector<KeyState>> list_key_states(pg::Pool& pool, async::Deadline deadline) {
    const auto rows = co_await pool.query(
        "select id, address, evm_chain_id, next_nonce, disabled, created_at, updated_at from evm_key_states "
        "order by id",
        deadline);
    std::vector<KeyState> states;
    for (const auto row : rows) {
        KeyState state;
        state.id = row.int32(0);
        state.address = row.address(1);
        state.chain_id = row.big(2);
        state.next_nonce = row.int64(3);
        state.disabled = row.boolean(4);
        state.created_at = row.time(5);
        state.updated_at = row.time(6);
        states.push_back(std::move(state));
    }
    co_return states;
}

async::Task<std::optional<std::int64_t>> read_next_nonce(pg::Pool& pool, BigInt chain_id, Address address,
                                                         async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id).add(address);
    const auto rows = co_await pool.query(
        "select next_nonce from evm_key_states where evm_chain_id = $1::numeric and address = $2::bytea and "
        "not disabled",
        std::move(params), deadline);
    if (rows.empty()) co_return std::nullopt;
    co_return rows[0].int64(0);
}

async::Task<void> enable_key(pg::FencedTransaction& transaction, BigInt chain_id, Address address,
                             async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id).add(address);
    co_await transaction.query(
        "insert into evm_key_states (evm_chain_id, address, next_nonce, disabled, created_at, updated_at) "
        "values ($1::numeric, $2::bytea, 0, false, now(), now()) "
        "on conflict (evm_chain_id, address) do update set disabled = false, updated_at = now()",
        std::move(params), deadline);
}

async::Task<bool> take_nonces(pg::FencedTransaction& transaction, BigInt chain_id, Address address,
                              std::int64_t first, std::int64_t count, async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id).add(address).add(first).add(count);
    const auto taken = co_await transaction.query(
        "update evm_key_states set next_nonce = next_nonce + $4::bigint, updated_at = now() "
        "where evm_chain_id = $1::numeric and address = $2::bytea and next_nonce = $3::bigint and not "
        "disabled",
        std::move(params), deadline);
    co_return taken.affected() == 1;
}

async::Task<bool> raise_next_nonce(pg::FencedTransaction& transaction, BigInt chain_id, Address address,
                                   std::int64_t nonce, async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id).add(address).add(nonce);
    const auto raised = co_await transaction.query(
        "update evm_key_states set next_nonce = $3::bigint, updated_at = now() "
        "where evm_chain_id = $1::numeric and address = $2::bytea and next_nonce < $3::bigint",
        std::move(params), deadline);
    co_return raised.affected() == 1;
}

}  // namespace baton::store
