#include "baton/lease/maintenance.hpp"

#include "baton/async/timer.hpp"
#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/lease/survey.hpp"
#include "baton/lease/takeover.hpp"
#include "baton/model/leadership_decision.hpp"
#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::lease {

Maintenance::Maintenance(async::Executor executor, LeaseSettings settings)
    : settings_(std::move(settings)), session_(executor, "maintenance") {}

async::Task<void> Maintenance::connect() {
    const LockSessionLimits limits{settings_.lease_duration, settings_.suspect_after};
    const auto deadline = async::Deadline::after(settings_.session.connect_timeout);
    co_await session_.open(settings_.session, limits, deadline);
    const auto found = co_await find_schemas(session_, settings_.query_timeout);
    names_ = found.names;
    own_tables_ = found.own_tables;
}

async::Task<void> Maintenance::take_locks() {
    const auto watch = AdvisoryKey::of(watch_class, names_.fence_key);
    const auto advisory = AdvisoryKey::of(settings_.advisory_lock_id);
    bool all = co_await try_lock(watch.arguments());
    if (all && model::uses_lease(settings_.mode)) all = co_await try_lease();
    if (all && model::uses_advisory_lock(settings_.mode)) all = co_await try_lock(advisory.arguments());
    if (!all) co_await refuse();
}

async::Task<bool> Maintenance::try_lock(std::string arguments) {
    const auto got =
        co_await session_.query("select pg_try_advisory_lock(" + arguments + ")", settings_.query_timeout);
    co_return got[0].boolean(0);
}

/// As a v1.11.0 would, with its objects; nobody else's row is touched before it has run out.
async::Task<bool> Maintenance::try_lease() {
    const std::string table = pg::quote_identifier(names_.product_schema) + ".lease_lock";
    pg::Params params;
    params.add(settings_.client_id);
    std::vector<pg::Statement> statements;
    pg::Params name;
    name.add(table);
    const auto exists = co_await session_.query("select to_regclass($1::text) is not null", std::move(name),
                                                settings_.query_timeout);
    if (!exists[0].boolean(0)) {
        statements.push_back({"create table if not exists " + table +
                                  " (client_id uuid not null, expires_at timestamptz not null)",
                              {}});
        statements.push_back({"create unique index if not exists only_one_lease_lock on " + table +
                                  " ((client_id is not null))",
                              {}});
    }
    statements.push_back(
        {"insert into " + table +
             " as l (client_id, expires_at) values ($1::uuid, now() + interval '5 minutes') on conflict "
             "((client_id is not null)) do update set client_id = excluded.client_id, expires_at = "
             "excluded.expires_at where l.expires_at < now()",
         std::move(params)});
    const auto answers = co_await session_.pipeline(std::move(statements), settings_.query_timeout);
    lease_taken_ = answers.back().affected() > 0;
    co_return lease_taken_;
}

async::Task<pg::Fence> Maintenance::raise_epoch(std::string reason, Logger log) {
    const auto watch = AdvisoryKey::of(watch_class, names_.fence_key);
    auto statement = end_former_baton(names_, watch, settings_.client_id);
    co_await session_.query(std::move(statement.sql), std::move(statement.params), settings_.query_timeout);
    last_heartbeat_sent_ = BootClock::now();
    TakeoverRequest request;
    request.client_id = settings_.client_id;
    request.name = settings_.name;
    request.address = settings_.address;
    request.reason = std::move(reason);
    if (model::uses_advisory_lock(settings_.mode)) request.advisory_key = settings_.advisory_lock_id;
    request.advisory_backend = session_.backend();
    request.with_lease = lease_taken_;
    request.granted_at = last_heartbeat_sent_;
    const auto deadline = async::Deadline::after(settings_.query_timeout);
    auto grant = co_await take_over(session_, names_, std::move(request), Uuid::random(Random::system()),
                                    Clock::system(), log, deadline);
    fence_ = std::move(grant.fence);
    co_return fence_;
}

async::Task<void> Maintenance::keep() {
    const std::chrono::nanoseconds every = settings_.suspect_after / 8;
    for (;;) {
        const auto sent = BootClock::now();
        pg::Params params;
        params.add(fence_.epoch).add(fence_.token);
        co_await session_.query("select " + fence_.own_schema + ".fence_1($1::bigint, $2::uuid)",
                                std::move(params), settings_.lease_duration);
        last_heartbeat_sent_ = sent;
        co_await async::sleep_for(every);
    }
}

async::Deadline Maintenance::send_deadline() const {
    const auto since_sent = BootClock::now() - last_heartbeat_sent_;
    return async::Deadline::after(model::time_left_to_send(since_sent, settings_.suspect_after));
}

async::Task<void> Maintenance::give_back() {
    if (!lease_taken_) co_return;
    pg::Params params;
    params.add(settings_.client_id);
    co_await session_.query("update " + pg::quote_identifier(names_.product_schema) +
                                ".lease_lock set expires_at = now() where client_id = $1::uuid",
                            std::move(params), settings_.query_timeout);
}

async::Task<void> Maintenance::refuse() {
    co_await give_back();
    std::string who = "another node";
    if (own_tables_) {
        const auto held = co_await session_.exclusive();
        const auto survey =
            co_await survey_locks(*held, settings_, names_, async::Deadline::after(settings_.query_timeout));
        for (const auto& lock : survey.locks) {
            // The first one may be held by this very session.
            if (!lock.holder.empty() && !lock.holder.starts_with("a session of somebody else"))
                who = lock.holder;
        }
    }
    throw SomebodyLeads(who + " leads on this database: stop all its instances first");
}

}  // namespace baton::lease
