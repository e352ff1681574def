#pragma once

#include "baton/pg/connection.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton::pg {

/// One numbered SQL file of db/, embedded in the binary.
struct Migration {
    int version;
    std::string_view name;
    std::string_view sql;
};
/// Files of db/product and of db/baton, ascending. They live as long as the program.
const std::vector<Migration>& product_migrations();
const std::vector<Migration>& own_migrations();

/// What a look at goose_migrations tells (reference/schema.md section 7.2).
///   absent      no goose_migrations and none of the product's tables but lease_lock: create_product_schema()
///   complete    every version 1 to 153 is on record (0 and versions above 153 do not matter to v1.11.0
///   either): use as it is incomplete  anything else: refuse, touch nothing
/// Whether a *newer program* has been at work is written in node_versions, not here (store).
enum class ProductSchema { absent, complete, incomplete };
struct ProductSchemaState {
    ProductSchema kind = ProductSchema::absent;
    /// Of an incomplete one: what is missing.
    std::string detail;
    /// The line that the start ends with, with v1.11.0's beginning:
    /// "fatal error instantiating application: initializeORM#Migrate: " + detail.
    std::string refusal() const;
};
/// Looks where the search path points. Throws DatabaseError.
async::Task<ProductSchemaState> look_at_product_schema(Connection& connection, async::Deadline deadline);
/// Whether a schema that was complete at an earlier look still is, as one statement among others. Fails where
/// goose_migrations is gone.
Statement look_at_complete_schema();
bool is_still_complete(const Result& looked);
/// On an empty database: all tables and the 154 goose rows in one transaction, in the first schema of the
/// search path. lease_lock may already exist. Throws StatementFailed, then nothing was created.
async::Task<void> create_product_schema(Connection& connection, async::Deadline deadline);

/// Names that the SQL of db/baton is instantiated with before it is run: every `@own@` becomes `own_schema`,
/// every
/// `@product@` becomes `product_schema` (both plain here, quoted when they are put in), every `@fence_class@`
/// and
/// `@fence_key@` the two integers of the fence lock (leadership.md section 1).
struct OwnSchema {
    std::string own_schema;
    std::string product_schema;
    std::int32_t fence_class = 0;
    std::int32_t fence_key = 0;
};

/// Schema `baton` (or baton_<schema>): creates it and applies what is missing, recorded in <own
/// schema>.schema_versions. Additive; one transaction per migration; versions that only a newer program knows
/// are left alone. REQUIRES: no other instance does the same (the watch lock is held). Throws StatementFailed
/// naming the migration (42501 when the role may not create schemas); that migration and those after it have
/// not happened then.
async::Task<void> migrate_own_schema(Connection& connection, OwnSchema names, async::Deadline deadline);

}  // namespace baton::pg
