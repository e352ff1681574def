#include "baton/store/bridges.hpp"

namespace baton::store {

namespace {

const std::string columns =
    "name, url, confirmations, incoming_token_hash, salt, outgoing_token, minimum_contract_payment, "
    "created_at";

model::Bridge read_bridge(const pg::Row& row) {
    model::Bridge bridge;
    bridge.name = row.str(0);
    bridge.url = row.str(1);
    bridge.confirmations = static_cast<std::uint32_t>(row.int64(2));
    bridge.incoming_token_hash = row.str(3);
    bridge.salt = row.str(4);
    bridge.outgoing_token = row.str(5);
    bridge.minimum_contract_payment = row.opt_big(6);
    bridge.created_at = row.time(7);
    return bridge;
}

std::optional<std::string> payment_text(const model::Bridge& bridge) {
    if (!bridge.minimum_contract_payment) return std::nullopt;
    return to_decimal(*bridge.minimum_contract_payment);
}

std::vector<pg::Statement> only(std::string sql, pg::Params params) {
    std::vector<pg::Statement> statements;
    statements.push_back({std::move(sql), std::move(params)});
    return statements;
}

}  // namespace

async::Task<BridgePage> list_bridges(pg::Pool& pool, std::int64_t offset, std::int64_t limit,
                                     async::Deadline deadline) {
    BridgePage page;
    const auto count = co_await pool.query("select count(*) from bridge_types", deadline);
    page.count = count[0].int64(0);
    pg::Params params;
    params.add(limit).add(offset);
    const auto rows = co_await pool.query(
        "select " + columns + " from bridge_types order by name limit $1::bigint offset $2::bigint",
        std::move(params), deadline);
    for (const auto row : rows)
        page.bridges.push_back(read_bridge(row));
    co_return page;
}

async::Task<std::optional<model::Bridge>> find_bridge(pg::Pool& pool, std::string name,
                                                      async::Deadline deadline) {
    pg::Params params;
    params.add(name);
    const auto rows = co_await pool.query("select " + columns + " from bridge_types where name = $1",
                                          std::move(params), deadline);
    if (rows.empty()) co_return std::nullopt;
    co_return read_bridge(rows[0]);
}

async::Task<std::vector<std::string>> existing_bridges(pg::Pool& pool, std::vector<std::string> names,
                                                       async::Deadline deadline) {
    pg::ArrayParam wanted;
    for (const auto& name : names)
        wanted.add(name);
    pg::Params params;
    params.add(wanted.text());
    const auto rows =
        co_await pool.query("select name from bridge_types where name = any($1::text[]) order by name",
                            std::move(params), deadline);
    std::vector<std::string> found;
    for (const auto row : rows)
        found.push_back(row.str(0));
    co_return found;
}

async::Task<model::Bridge> create_bridge(Writer writer, model::Bridge bridge) {
    pg::Params params;
    params.add(bridge.name)
        .add(bridge.url)
        .add(bridge.confirmations)
        .add(bridge.incoming_token_hash)
        .add(bridge.salt)
        .add(bridge.outgoing_token)
        .add(payment_text(bridge));
    const auto results = co_await writer.run_batch(
        only("insert into bridge_types (name, url, confirmations, incoming_token_hash, salt, outgoing_token, "
             "minimum_contract_payment, created_at, updated_at) values ($1, $2, $3::bigint, $4, $5, $6, $7, "
             "now(), now()) returning created_at",
             std::move(params)));
    bridge.created_at = results[0][0].time(0);
    co_return bridge;
}

async::Task<std::optional<model::Bridge>> update_bridge(Writer writer, model::Bridge bridge) {
    pg::Params params;
    params.add(bridge.name).add(bridge.url).add(bridge.confirmations).add(payment_text(bridge));
    const auto results = co_await writer.run_batch(
        only("update bridge_types set url = $2, confirmations = $3::bigint, minimum_contract_payment = $4 "
             "where name = $1 returning " +
                 columns,
             std::move(params)));
    if (results[0].empty()) co_return std::nullopt;
    co_return read_bridge(results[0][0]);
}

async::Task<bool> delete_bridge(Writer writer, std::string name) {
    pg::Params params;
    params.add(name);
    const auto results =
        co_await writer.run_batch(only("delete from bridge_types where name = $1", std::move(params)));
    co_return results[0].affected() > 0;
}

async::Task<std::optional<std::string>> last_bridge_answer(pg::Pool& pool, std::int32_t pipeline_spec_id,
                                                           std::string dot_id, std::chrono::seconds max_age,
                                                           async::Deadline deadline) {
    pg::Params params;
    params.add(pipeline_spec_id).add(dot_id).add(std::int64_t(max_age.count()));
    const auto rows = co_await pool.query(
        "select value from bridge_last_value where spec_id = $1::int and dot_id = $2 and finished_at > now() "
        "- $3::bigint * interval '1 second'",
        std::move(params), deadline);
    if (rows.empty()) co_return std::nullopt;
    const auto value = rows[0].bytes(0);
    co_return std::string(value.begin(), value.end());
}

async::Task<void> keep_bridge_answer(Writer writer, std::int32_t pipeline_spec_id, std::string dot_id,
                                     std::string answer) {
    pg::Params params;
    params.add(pipeline_spec_id).add(dot_id).add(as_bytes(answer));
    co_await writer.run_batch(
        only("insert into bridge_last_value (spec_id, dot_id, value, finished_at) values ($1::int, $2, "
             "$3::bytea, now()) on conflict on constraint bridge_last_value_pkey do update set value = "
             "excluded.value, finished_at = excluded.finished_at",
             std::move(params)));
}

}  // namespace baton::store
