#pragma once

#include "baton/pg/connection.hpp"

#include <span>
#include <string_view>

namespace baton::pg {

/// One numbered SQL file of db/, embedded in the binary.
struct Migration {
    int version;
    std::string_view name;
    std::string_view sql;
};

/// What a look at goose_migrations of the product schema tells (reference/schema.md section 7.2).
enum class ProductSchema { absent, complete, newer, incomplete };
struct ProductSchemaState {
    ProductSchema kind = ProductSchema::absent;
    /// For the refusal: which versions are missing or unknown.
    std::string detail;
};
async::Task<ProductSchemaState> look_at_product_schema(Connection& connection, async::Deadline deadline);
/// On an empty database: all tables and the 154 goose rows in one transaction. lease_lock may already exist.
async::Task<void> create_product_schema(Connection& connection, async::Deadline deadline);

/// Names that the SQL of db/baton is instantiated with before it is run: every `@own@` becomes `own_schema`,
/// every
/// `@product@` becomes `product_schema` (both as quoted identifiers), every `@fence_class@` and `@fence_key@`
/// the two integers of the fence lock (leadership.md section 1).
struct OwnSchema {
    std::string own_schema;
    std::string product_schema;
    std::int32_t fence_class = 0;
    std::int32_t fence_key = 0;
};

/// Schema `baton` (or baton_<schema>): creates it and applies what is missing, recorded in <own
/// schema>.schema_versions. Additive; one transaction per migration. Throws StatementFailed (42501) when the
/// role may not create schemas.
async::Task<void> migrate_own_schema(Connection& connection, OwnSchema names, async::Deadline deadline);

}  // namespace baton::pg
