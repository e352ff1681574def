#pragma once

#include "baton/base/clock.hpp"
#include "baton/pg/migrate.hpp"

#include <cstdint>
#include <vector>

namespace baton::store {

/// A row of goose_migrations.
struct MigrationRecord {
    std::int64_t version = 0;
    WallTime at{};
};
/// Those that are applied, in order; empty while the table is not there.
async::Task<std::vector<MigrationRecord>> migration_records(pg::Connection& connection,
                                                            async::Deadline deadline);

/// Everything in the product's schema and in Baton's own is gone; the product's schema is there again, empty.
/// REQUIRES: the locks of the leadership.
async::Task<void> drop_all_schemas(pg::Connection& connection, pg::OwnSchema names, async::Deadline deadline);

}  // namespace baton::store
