#include "baton/store/key_rings.hpp"

#include <utility>

namespace baton::store {

async::Task<StoredKeyRing> read_key_ring(pg::Pool& pool, async::Deadline deadline) {
    const auto rows =
        co_await pool.query("select encrypted_keys::text from encrypted_key_rings limit 1", deadline);
    if (rows.empty()) co_return StoredKeyRing{};
    co_return StoredKeyRing{true, rows[0].opt_str(0)};
}

async::Task<std::optional<StoredKeyRing>> replace_key_ring(pg::FencedTransaction& transaction,
                                                           StoredKeyRing expected, std::string encrypted_keys,
                                                           async::Deadline deadline) {
    pg::Params params;
    params.add(encrypted_keys);
    std::string sql;
    if (expected.row_exists) {
        params.add(expected.encrypted_keys);
        sql =
            "update encrypted_key_rings set encrypted_keys = $1::jsonb "
            "where encrypted_keys is not distinct from $2::jsonb returning encrypted_keys::text";
    } else {
        sql =
            "insert into encrypted_key_rings (encrypted_keys, updated_at) "
            "select $1::jsonb, now() where not exists (select 1 from encrypted_key_rings) returning "
            "encrypted_keys::text";
    }
    const auto rows = co_await transaction.query(std::move(sql), std::move(params), deadline);
    if (rows.empty()) co_return std::nullopt;
    co_return StoredKeyRing{true, rows[0].opt_str(0)};
}

}  // namespace baton::store
