#pragma once

#include "baton/store/writer.hpp"

#include <optional>
#include <string>

namespace baton::store {

/// Table encrypted_key_rings (reference/keystore.md section 1): at most one row.
struct StoredKeyRing {
    bool row_exists = false;
    /// The text of the jsonb value as PostgreSQL writes it: equal texts are equal rings. Nothing for NULL.
    std::optional<std::string> encrypted_keys;

    bool operator==(const StoredKeyRing&) const = default;
};

async::Task<StoredKeyRing> read_key_ring(pg::Pool& pool, async::Deadline deadline);

/// Writes `encrypted_keys` (JSON) in place of `expected`, or inserts the first row; updated_at is set at the
/// insertion only, as v1.11.0 does. Gives what is stored now, or nothing when the table no longer holds
/// `expected`: then the transaction should not commit, because keys that somebody else added would be lost.
async::Task<std::optional<StoredKeyRing>> replace_key_ring(pg::FencedTransaction& transaction,
                                                           StoredKeyRing expected, std::string encrypted_keys,
                                                           async::Deadline deadline);

}  // namespace baton::store
