#include "baton/store/own.hpp"

namespace baton::store {

namespace {

/// Runs a query on the own schema; nothing when the schema is not there yet (42P01 undefined table, 3F000 no
/// schema).
async::Task<std::optional<pg::Result>> query_if_present(pg::Pool& pool, std::string sql, pg::Params params,
                                                        async::Deadline deadline) {
    std::optional<pg::Result> result;
    try {
        result.emplace(co_await pool.query(std::move(sql), std::move(params), deadline));
    } catch (const pg::StatementFailed& error) {
        if (error.sqlstate() != "42P01" && error.sqlstate() != "3F000") throw;
    }
    co_return result;
}

}  // namespace

async::Task<std::vector<model::LeadershipChange>> leadership_history(pg::Pool& pool, std::string own_schema,
                                                                     std::int64_t limit,
                                                                     async::Deadline deadline) {
    // A leader of the version before has not made it.
    pg::Params name;
    name.add(own_schema + ".leadership_gaps");
    const auto made =
        co_await pool.query("select to_regclass($1::text) is not null", std::move(name), deadline);
    const bool noted = made[0].boolean(0);
    const std::string gap = noted ? "(extract(epoch from l.at - g.since) * 1000000)::bigint, g.known_by"
                                  : "null::bigint, null::text";
    const std::string gaps =
        noted ? " left join " + own_schema + ".leadership_gaps g on g.epoch = l.epoch" : "";
    pg::Params params;
    params.add(limit);
    const auto rows = co_await query_if_present(
        pool,
        "select l.epoch, l.instance, coalesce(l.from_instance, ''), l.reason, l.at, l.took_us, " + gap +
            " from " + own_schema + ".leadership_log l" + gaps + " order by l.id desc limit $1::bigint",
        std::move(params), deadline);
    std::vector<model::LeadershipChange> history;
    if (!rows) co_return history;
    for (const auto row : *rows) {
        model::LeadershipChange change;
        change.epoch = row.int64(0);
        change.instance = row.str(1);
        change.from_instance = row.str(2);
        change.reason = row.str(3);
        change.at = row.time(4);
        change.took = std::chrono::microseconds(row.int64(5));
        if (!row.is_null(6)) change.gap.emplace(std::chrono::microseconds(row.int64(6)), row.str(7));
        history.push_back(std::move(change));
    }
    co_return history;
}

async::Task<std::vector<model::Instance>> live_instances(pg::Pool& pool, std::string own_schema,
                                                         async::Deadline deadline) {
    pg::Params none;
    const auto rows = co_await query_if_present(
        pool,
        "select client_id, name, address, version, state, started_at, last_seen from " + own_schema +
            ".instances where last_seen > now() - interval '1 minute' order by name",
        std::move(none), deadline);
    std::vector<model::Instance> instances;
    if (!rows) co_return instances;
    for (const auto row : *rows) {
        model::Instance instance;
        instance.client_id = row.uuid(0);
        instance.name = row.str(1);
        instance.address = row.str(2);
        instance.version = row.str(3);
        instance.state = model::parse_leadership_state(row.text(4));
        instance.started_at = row.time(5);
        instance.last_seen = row.time(6);
        instances.push_back(std::move(instance));
    }
    co_return instances;
}

async::Task<std::optional<CurrentLeader>> current_leader(pg::Pool& pool, std::string own_schema,
                                                         std::chrono::milliseconds silence,
                                                         async::Deadline deadline) {
    pg::Params params;
    params.add(silence.count());
    // An instance writes its state soon after a takeover: until then it says that it stands by.
    const auto rows = co_await query_if_present(
        pool,
        "select l.epoch, l.client_id, l.instance, l.address, l.since, l.alive_at, l.token from " +
            own_schema + ".leadership l left join " + own_schema +
            ".instances i using (client_id) where l.alive_at > now() - $1::bigint * interval '1 millisecond' "
            "and (i.state = 'stopped' or (i.state = 'standby' and i.last_seen > l.since)) is not true",
        std::move(params), deadline);
    if (!rows || rows->empty() || (*rows)[0].is_null(1)) co_return std::nullopt;
    const auto row = (*rows)[0];
    CurrentLeader leader;
    leader.who.epoch = row.int64(0);
    leader.who.client_id = row.uuid(1);
    leader.who.instance = row.str(2);
    leader.who.address = row.str(3);
    leader.who.since = row.time(4);
    leader.who.alive_at = row.time(5);
    leader.token = row.uuid(6);
    co_return leader;
}

async::Task<std::optional<std::string>> read_setting(pg::Pool& pool, std::string own_schema, std::string name,
                                                     async::Deadline deadline) {
    pg::Params params;
    params.add(name);
    const auto rows = co_await query_if_present(
        pool, "select value from " + own_schema + ".settings where name = $1", std::move(params), deadline);
    if (!rows || rows->empty()) co_return std::nullopt;
    co_return (*rows)[0].str(0);
}

async::Task<void> replace_setting(Writer writer, std::string name, std::string value) {
    pg::Params params;
    params.add(name).add(value);
    std::vector<pg::Statement> statements;
    statements.push_back({"insert into " + writer.fence.own_schema +
                              ".settings (name, value) values ($1, $2) "
                              "on conflict (name) do update set value = excluded.value",
                          std::move(params)});
    co_await writer.run_batch(std::move(statements));
}

}  // namespace baton::store
