#include "baton/pg/migrate.hpp"

#include "baton/pg/error.hpp"
#include "baton/pg/text_format.hpp"

#include <exception>
#include <set>
#include <utility>

namespace baton::pg {

namespace {

/// Of v1.11.0; see reference/schema.md section 6.
constexpr std::int64_t last_product_version = 153;

/// Tables that db/product creates; lease_lock apart, which the locks need before.
std::vector<std::string> product_tables() {
    std::vector<std::string> tables;
    constexpr std::string_view mark = "\ncreate table ";
    for (const auto& migration : product_migrations()) {
        for (auto at = migration.sql.find(mark); at != std::string_view::npos;
             at = migration.sql.find(mark, at + 1)) {
            const auto name = migration.sql.substr(at + mark.size());
            tables.emplace_back(name.substr(0, name.find_first_of(" (")));
            // "create table if not exists lease_lock"
            if (tables.back() == "if") tables.pop_back();
        }
    }
    return tables;
}

std::string list_of(const std::vector<std::string>& items) {
    constexpr std::size_t most = 10;
    std::string text;
    for (std::size_t i = 0; i < items.size() && i < most; ++i) {
        text += (i > 0 ? ", " : "") + items[i];
    }
    if (items.size() > most) text += " and " + std::to_string(items.size() - most) + " more";
    return text;
}

ProductSchemaState incomplete(std::string detail) {
    return {ProductSchema::incomplete,
            std::move(detail) +
                "; the database was left as it is. Restore it, or finish its migration with the program "
                "that began it"};
}

ProductSchemaState judge(const std::set<std::int64_t>& recorded) {
    if (recorded.empty()) return incomplete("no next version found: the table goose_migrations is empty");
    std::vector<std::string> missing;
    for (std::int64_t version = 1; version <= last_product_version; ++version) {
        if (recorded.count(version) == 0) missing.push_back(std::to_string(version));
    }
    if (missing.empty()) return {ProductSchema::complete, ""};
    return incomplete("goose_migrations lacks " + std::to_string(missing.size()) +
                      " of the versions 1 to 153: " + list_of(missing));
}

/// A script as one transaction. On an error it is rolled back, and `what` is named.
async::Task<void> run_script(Connection* connection, std::string what, std::string script,
                             async::Deadline deadline) {
    script.insert(0, "begin isolation level read committed;\n");
    script += "\n;commit";
    std::exception_ptr failure;
    try {
        co_await connection->execute_script(std::move(script), deadline);
    } catch (const StatementFailed& error) {
        const auto text = what + ": " + error.what();
        failure = std::make_exception_ptr(StatementFailed(text, error.sqlstate(), error.constraint()));
    }
    if (!failure) co_return;
    if (connection->in_transaction()) co_await connection->execute_script("rollback", deadline);
    std::rethrow_exception(failure);
}

void replace_all(std::string& text, std::string_view mark, const std::string& value) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
        text.replace(at, mark.size(), value);
    }
}

std::string instantiated(std::string_view sql, const OwnSchema& names) {
    std::string text(sql);
    replace_all(text, "@own@", quote_identifier(names.own_schema));
    replace_all(text, "@product@", quote_identifier(names.product_schema));
    replace_all(text, "@fence_class@", std::to_string(names.fence_class));
    replace_all(text, "@fence_key@", std::to_string(names.fence_key));
    return text;
}

constexpr const char* select_records = "select distinct version_id from goose_migrations";

ProductSchemaState judge_records(const Result& rows) {
    std::set<std::int64_t> recorded;
    for (const auto row : rows) {
        recorded.insert(row.int64(0));
    }
    return judge(recorded);
}

/// The schema with its record of versions. Looks before: CREATE SCHEMA IF NOT EXISTS needs the right to
/// create one even if an administrator has made it.
async::Task<void> make_own_schema(Connection* connection, std::string own_schema, async::Deadline deadline) {
    const auto quoted = quote_identifier(own_schema);
    Params params;
    params.add(quoted).add(quoted + ".schema_versions");
    const auto found = co_await connection->query(
        "select to_regnamespace($1::text) is not null, to_regclass($2::text) is not null", std::move(params),
        deadline);
    const bool has_schema = found[0].boolean(0);
    const bool has_versions = found[0].boolean(1);
    if (has_versions) co_return;
    std::string script = has_schema ? "" : "create schema " + quoted + ";\n";
    script +=
        "create table " + quoted +
        ".schema_versions (version integer not null, name text not null, applied_at timestamptz not null "
        "default now(), constraint schema_versions_pkey primary key (version))";
    co_await run_script(connection, "cannot create the schema " + quoted, std::move(script), deadline);
}

}  // namespace

std::string ProductSchemaState::refusal() const {
    return "fatal error instantiating application: initializeORM#Migrate: " + detail;
}

async::Task<ProductSchemaState> look_at_product_schema(Connection& connection, async::Deadline deadline) {
    ArrayParam tables;
    for (const auto& table : product_tables()) {
        tables.add(table);
    }
    Params params;
    params.add(tables.text());
    const auto found = co_await connection.query(
        "select to_regclass('goose_migrations') is not null, "
        "coalesce((select array_agg(c.relname::text order by c.relname) from pg_class c join pg_namespace n "
        "on n.oid = "
        "c.relnamespace where n.nspname = current_schema() and c.relname = any($1::text[])), '{}'::text[])",
        std::move(params), deadline);
    const bool has_goose = found[0].boolean(0);
    if (!has_goose) {
        std::vector<std::string> present;
        for (const auto& name : found[0].array(1)) {
            present.push_back(*name);
        }
        if (present.empty()) co_return ProductSchemaState{};
        co_return incomplete("tables of the node exist without goose_migrations: " + list_of(present));
    }
    const auto records = co_await connection.query(select_records, deadline);
    co_return judge_records(records);
}

Statement look_at_complete_schema() {
    return {select_records, {}};
}

bool is_still_complete(const Result& looked) {
    return judge_records(looked).kind == ProductSchema::complete;
}

async::Task<void> create_product_schema(Connection& connection, async::Deadline deadline) {
    std::string script;
    for (const auto& migration : product_migrations()) {
        script += migration.sql;
    }
    co_await run_script(&connection, "cannot create the tables of the node", std::move(script), deadline);
}

async::Task<void> migrate_own_schema(Connection& connection, OwnSchema names, async::Deadline deadline) {
    co_await make_own_schema(&connection, names.own_schema, deadline);
    const auto versions = quote_identifier(names.own_schema) + ".schema_versions";
    const auto rows = co_await connection.query("select version from " + versions, deadline);
    std::set<int> applied;
    for (const auto row : rows) {
        applied.insert(row.int32(0));
    }
    for (const auto& migration : own_migrations()) {
        if (applied.count(migration.version) > 0) continue;
        const auto title = std::to_string(migration.version) + " (" + std::string(migration.name) + ")";
        std::string script = instantiated(migration.sql, names);
        // File names consist of letters, digits and underscores.
        script += "\n;insert into " + versions + " (version, name) values (" +
                  std::to_string(migration.version) + ", '" + std::string(migration.name) + "')";
        co_await run_script(&connection, "migration " + title + " of schema " + names.own_schema,
                            std::move(script), deadline);
    }
}

}  // namespace baton::pg
