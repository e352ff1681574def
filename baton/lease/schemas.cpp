#include "baton/lease/schemas.hpp"

#include "baton/crypto/sha.hpp"
#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::lease {

namespace {

/// PostgreSQL cuts longer names silently, so that two of them could become one.
constexpr std::size_t longest_identifier = 63;

std::int32_t key_of(const std::string& product_schema) {
    const Hash hash = crypto::sha256(as_bytes(product_schema));
    std::uint32_t bits = 0;
    for (int i = 0; i < 4; ++i)
        bits = bits << 8 | hash.bytes[static_cast<std::size_t>(i)];
    return static_cast<std::int32_t>(bits);
}

/// "$user" in a search path, which is the default, names the schema of the role: for a role called "baton" a
/// schema of that name would come before the product's, and whatever is created without a schema would land
/// in it.
std::string own_name_of(const std::string& product_schema, const std::string& role) {
    if (product_schema == "public" && role != "baton") return "baton";
    const std::string name = "baton_" + product_schema;
    if (name.size() <= longest_identifier) return name;
    const std::string digest = to_hex(crypto::sha256(as_bytes(product_schema)).view());
    return "baton_" + digest.substr(0, 32);
}

async::Task<std::string> product_schema_name(LockSession& session, std::chrono::nanoseconds limit) {
    const auto rows = co_await session.query(
        "select coalesce((select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where c.oid = to_regclass('lease_lock')), current_schema()), current_setting('search_path')",
        limit);
    if (rows[0].is_null(0)) {
        throw StartRefused(
            "no schema of the search path \"" + rows[0].str(1) +
            "\" exists in this database; create the schema, or correct search_path in DATABASE_URL");
    }
    co_return rows[0].str(0);
}

async::Task<bool> own_tables_exist(LockSession& session, const std::string own_schema,
                                   std::chrono::nanoseconds limit) {
    pg::Params params;
    params.add(pg::quote_identifier(own_schema) + ".leadership").add(own_schema);
    const auto rows = co_await session.query(
        "select to_regclass($1::text) is not null, "
        "exists (select from pg_namespace where nspname = $2::text), "
        "coalesce((select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = $2::text), "
        "false), "
        "coalesce((select has_schema_privilege(oid, 'create') from pg_namespace where nspname = $2::text), "
        "false), "
        "has_database_privilege(current_database(), 'create'), current_user::text, current_database()::text",
        std::move(params), limit);
    const auto row = rows[0];
    const bool tables = row.boolean(0);
    const bool schema = row.boolean(1);
    const std::string role = row.str(5);
    if (schema && !(row.boolean(2) && (tables || row.boolean(3)))) {
        throw StartRefused("role \"" + role + "\" may not use the schema \"" + own_schema +
                           "\" of database \"" + row.str(6) +
                           "\"; an administrator has to run: GRANT ALL ON SCHEMA " +
                           pg::quote_identifier(own_schema) + " TO " + pg::quote_identifier(role));
    }
    if (!schema && !row.boolean(4)) {
        throw StartRefused("role \"" + role + "\" may not create the schema \"" + own_schema +
                           "\" in database \"" + row.str(6) +
                           "\"; an administrator has to run: CREATE SCHEMA " +
                           pg::quote_identifier(own_schema) + " AUTHORIZATION " + pg::quote_identifier(role));
    }
    co_return tables;
}

async::Task<bool> own_schema_is_up_to_date(LockSession& session, const std::string own_schema,
                                           std::chrono::nanoseconds limit) {
    pg::ArrayParam known;
    for (const auto& migration : pg::own_migrations()) {
        known.add(migration.version);
    }
    pg::Params params;
    params.add(known.text());
    const auto rows =
        co_await session.query("select not exists (select unnest($1::int[]) except select version from " +
                                   pg::quote_identifier(own_schema) + ".schema_versions)",
                               std::move(params), limit);
    co_return rows[0].boolean(0);
}

}  // namespace

pg::OwnSchema own_schema_for(const std::string& product_schema, const std::string& role) {
    return pg::OwnSchema{own_name_of(product_schema, role), product_schema, fence_class,
                         key_of(product_schema)};
}

async::Task<Schemas> find_schemas(LockSession& session, std::chrono::nanoseconds limit) {
    const std::string product = co_await product_schema_name(session, limit);
    const auto role = co_await session.query("select current_user::text", limit);
    Schemas found;
    found.names = own_schema_for(product, role[0].str(0));
    found.own_tables = co_await own_tables_exist(session, found.names.own_schema, limit);
    if (found.own_tables) {
        found.own_up_to_date = co_await own_schema_is_up_to_date(session, found.names.own_schema, limit);
    }
    co_return found;
}

}  // namespace baton::lease
