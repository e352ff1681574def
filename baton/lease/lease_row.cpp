#include "baton/lease/lease_row.hpp"

#include "baton/lease/schemas.hpp"
#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::lease {

namespace {

/// 8-4-4-4-4 digits of a UUID with their hyphens.
constexpr std::size_t id_start_length = 28;

}  // namespace

std::string id_start(const Uuid& client_id) {
    return client_id.to_string().substr(0, id_start_length);
}

std::string id_start_in(const std::string& application_name) {
    const std::string mark = "|App|";
    const auto at = application_name.rfind(mark);
    if (at == std::string::npos || application_name.size() - at - mark.size() < id_start_length) return {};
    return application_name.substr(at + mark.size(), id_start_length);
}

std::string register_instance_sql(const pg::OwnSchema& names) {
    return "insert into " + pg::quote_identifier(names.own_schema) +
           ".instances as i (client_id, name, address, version, state) values ($1::uuid, $2::text, $3::text, "
           "$4::text, $5::text) "
           "on conflict (client_id) do update set name = excluded.name, address = excluded.address, "
           "version = excluded.version, state = excluded.state, last_seen = now()";
}

pg::Params register_instance_params(const model::Instance& instance) {
    pg::Params params;
    params.add(instance.client_id).add(instance.name).add(instance.address).add(instance.version);
    params.add(model::to_string(instance.state));
    return params;
}

LeaseRow::LeaseRow(LockSession& session, pg::OwnSchema names, Uuid self, std::chrono::milliseconds duration)
    : session_(session),
      names_(std::move(names)),
      self_(self),
      duration_(duration),
      table_(pg::quote_identifier(names_.product_schema) + ".lease_lock") {}

std::string LeaseRow::notify_channel(const pg::OwnSchema& names) {
    return "baton_lease_" + std::to_string(static_cast<std::uint32_t>(names.fence_key));
}

std::string LeaseRow::interval() const {
    return "interval '" + std::to_string(duration_.count()) + " milliseconds'";
}

async::Task<LeaseLook> LeaseRow::look(std::chrono::nanoseconds limit) {
    LeaseLook seen;
    if (!table_exists_) {
        pg::Params name;
        name.add(table_);
        const auto found =
            co_await session_.query("select to_regclass($1::text) is not null", std::move(name), limit);
        table_exists_ = found[0].boolean(0);
        if (!table_exists_) co_return seen;
    }
    pg::Params params;
    params.add(self_);
    // Sessions are looked for only where it matters, which is for a v1 whose time is not over.
    const auto rows = co_await session_.query(
        "select o.client_id, o.kind, o.expired, o.left_ms, case when o.kind = 'v1' and not o.expired then "
        "exists (select from "
        "pg_stat_activity a where a.datname = current_database() and position(left(o.client_id::text, " +
            std::to_string(id_start_length) +
            ") in a.application_name) > 0) else false end, o.name "
            "from (select l.client_id, l.expires_at < now() as expired, "
            "floor(extract(epoch from l.expires_at - now()) * 1000)::bigint as left_ms, "
            "case when l.client_id = $1::uuid then 'self' when i.client_id is not null then 'baton' else "
            "'v1' end as kind, coalesce(i.name, '') as name from " +
            table_ + " l left join " + pg::quote_identifier(names_.own_schema) +
            ".instances i using (client_id)) o",
        std::move(params), limit);
    if (rows.empty()) co_return seen;
    const auto row = rows[0];
    seen.owner = row.uuid(0);
    const auto kind = row.text(1);
    seen.view.owner = kind == "self"    ? model::LeaseOwner::self
                      : kind == "baton" ? model::LeaseOwner::baton
                                        : model::LeaseOwner::v1;
    seen.view.expired = row.boolean(2);
    seen.view.owner_has_sessions = row.boolean(4);
    seen.left = std::chrono::milliseconds(row.int64(3));
    seen.owner_name = row.str(5);
    co_return seen;
}

async::Task<bool> LeaseRow::take(Claim claim, model::Instance registration, std::chrono::nanoseconds limit) {
    pg::Params params;
    params.add(self_).add(claim.also_from).add(claim.expired);
    std::vector<pg::Statement> statements;
    if (!table_exists_) {
        // The very objects of v1.11.0, which makes them too when they are absent. Not repeated where they
        // exist: a role that does not own the table may not.
        statements.push_back({"create table if not exists " + table_ +
                                  " (client_id uuid not null, expires_at timestamptz not null)",
                              {}});
        statements.push_back({"create unique index if not exists only_one_lease_lock on " + table_ +
                                  " ((client_id is not null))",
                              {}});
    }
    statements.push_back({register_instance_sql(names_), register_instance_params(registration)});
    statements.push_back(
        {"insert into " + table_ + " as l (client_id, expires_at) values ($1::uuid, now() + " + interval() +
             ") on conflict ((client_id is not null)) do update set client_id = excluded.client_id, "
             "expires_at = excluded.expires_at "
             "where l.client_id = $1::uuid or (l.expires_at < now() and $3::boolean) or l.client_id = "
             "$2::uuid",
         std::move(params)});
    const auto answers = co_await session_.pipeline(std::move(statements), limit);
    table_exists_ = true;
    co_return answers.back().affected() > 0;
}

async::Task<bool> LeaseRow::claim(LockSession& watch, std::chrono::nanoseconds limit) {
    auto claim = claim_statement(false);
    const auto rows = co_await watch.query(std::move(claim.sql), std::move(claim.params), limit);
    co_return rows[0].boolean(0);
}

pg::Statement LeaseRow::claim_statement(bool rehearsal) const {
    pg::Params params;
    params.add(self_).add(std::int64_t{duration_.count()}).add(rehearsal);
    return {"select " + pg::quote_identifier(names_.own_schema) +
                ".claim_lease_2($1::uuid, $2::bigint, $3::boolean)",
            std::move(params)};
}

async::Task<void> LeaseRow::rehearse_claim(LockSession& watch, std::chrono::nanoseconds limit) {
    std::vector<pg::Statement> statements;
    statements.push_back({"select set_config('lock_timeout', '10', true)", {}});
    statements.push_back(claim_statement(true));
    try {
        co_await watch.pipeline(std::move(statements), limit);
    } catch (const pg::StatementFailed& error) {
        // A migration works on the table: then the claim is planned when it is needed.
        const std::string lock_not_available = "55P03";
        if (error.sqlstate() != lock_not_available) throw;
    }
}

async::Task<bool> LeaseRow::refresh(std::chrono::nanoseconds limit) {
    pg::Params params;
    params.add(self_);
    const auto done = co_await session_.query(
        "update " + table_ + " set expires_at = now() + " + interval() + " where client_id = $1::uuid",
        std::move(params), limit);
    co_return done.affected() > 0;
}

async::Task<void> LeaseRow::release(std::chrono::nanoseconds limit) {
    pg::Params params;
    params.add(self_);
    // Without a wait for the disk, which the next leader would wait for as well. Where a crash of the server
    // loses it, the row is still a Baton's.
    std::vector<pg::Statement> statements;
    statements.push_back({"begin isolation level read committed", {}});
    statements.push_back({"set local synchronous_commit = off", {}});
    statements.push_back(
        {"update " + table_ + " set expires_at = now() where client_id = $1::uuid and expires_at > now()",
         std::move(params)});
    statements.push_back({"select pg_notify('" + notify_channel(names_) + "', '')", {}});
    statements.push_back({"commit", {}});
    co_await session_.pipeline(std::move(statements), limit);
}

}  // namespace baton::lease
