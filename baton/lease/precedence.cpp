#include "baton/lease/precedence.hpp"

#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/lease_row.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::lease {

pg::Statement ahead_of(const pg::OwnSchema& names, const Uuid& self) {
    pg::Params params;
    params.add(self);
    return {"select rival, rival_name, named, waits, epoch_now from " +
                pg::quote_identifier(names.own_schema) + ".ahead_of_1($1::uuid)",
            std::move(params)};
}

Ahead read_ahead(const pg::Result& rows) {
    Ahead ahead;
    for (const auto row : rows) {
        ahead.rivals.push_back({row.uuid(0), row.str(1), row.boolean(2), row.boolean(3)});
        ahead.epoch = row.int64(4);
    }
    return ahead;
}

async::Task<std::vector<model::HandoverCandidate>> handover_candidates(LockSession& session,
                                                                       pg::OwnSchema names,
                                                                       std::chrono::nanoseconds limit) {
    // A server process goes on waiting for a client that is gone: the sign of life tells.
    const auto id_length = std::to_string(id_start(Uuid{}).size());
    const auto rows = co_await session.query(
        "select i.client_id, i.name, i.state, (extract(epoch from now() - i.last_seen) * 1000)::bigint, "
        "exists (select "
        "from pg_locks l join pg_stat_activity a using (pid) where position(left(i.client_id::text, " +
            id_length + ") in a.application_name) > 0 and " +
            AdvisoryKey::of(watch_class, names.fence_key).waited_for() + ") from " +
            pg::quote_identifier(names.own_schema) +
            ".instances i where i.last_seen > now() - interval '1 minute' order by i.name, i.last_seen desc",
        limit);
    std::vector<model::HandoverCandidate> candidates;
    for (const auto row : rows) {
        candidates.push_back(
            {row.uuid(0), row.str(1), row.str(2), std::chrono::milliseconds(row.int64(3)), row.boolean(4)});
    }
    co_return candidates;
}

async::Task<void> name_next_leader(LockSession& session, pg::OwnSchema names, Uuid next,
                                   std::chrono::milliseconds lasts, std::chrono::nanoseconds limit) {
    const std::string candidates = pg::quote_identifier(names.own_schema) + ".candidates";
    pg::Params before, now;
    before.add(next);
    now.add(next).add(std::int64_t{lasts.count()});
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"update " + candidates +
             " set named_until = null where named_until is not null and client_id <> $1::uuid",
         std::move(before)});
    statements.push_back(
        {"insert into " + candidates +
             " as c (client_id, named_until) values ($1::uuid, clock_timestamp() + $2::bigint * interval '1 "
             "millisecond') on conflict (client_id) do update set named_until = excluded.named_until",
         std::move(now)});
    co_await session.pipeline(std::move(statements), limit);
}

std::string set_priority_sql(const pg::OwnSchema& names) {
    return "insert into " + pg::quote_identifier(names.own_schema) +
           ".candidates as c (client_id, priority) values ($1::uuid, $2::integer) on conflict (client_id) do "
           "update "
           "set priority = excluded.priority";
}

}  // namespace baton::lease
