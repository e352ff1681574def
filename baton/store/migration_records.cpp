#include "baton/store/migration_records.hpp"

#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::store {

async::Task<std::vector<MigrationRecord>> migration_records(pg::Connection& connection,
                                                            async::Deadline deadline) {
    std::vector<MigrationRecord> records;
    const auto exists =
        co_await connection.query("select to_regclass('goose_migrations') is not null", deadline);
    if (!exists[0].boolean(0)) co_return records;
    const auto rows = co_await connection.query(
        "select version_id, coalesce(tstamp at time zone 'UTC', now()) from goose_migrations where "
        "is_applied order by id",
        deadline);
    for (const auto row : rows)
        records.push_back({row.int64(0), row.time(1)});
    co_return records;
}

async::Task<void> drop_all_schemas(pg::Connection& connection, pg::OwnSchema names,
                                   async::Deadline deadline) {
    const auto own = pg::quote_identifier(names.own_schema);
    const auto product = pg::quote_identifier(names.product_schema);
    co_await connection.execute_script("begin; drop schema if exists " + own + " cascade; drop schema " +
                                           product + " cascade; create schema " + product + "; commit",
                                       deadline);
}

}  // namespace baton::store
