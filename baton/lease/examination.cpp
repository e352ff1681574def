#include "baton/lease/examination.hpp"

#include "baton/async/timer.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;

/// Nobody else uses it, and it is held for milliseconds.
constexpr const char* trial_lock = "1112690769, 0";

async::Task<void> read_settings(pg::Connection& connection, Examination* found, async::Deadline deadline) {
    const auto asked = std::chrono::system_clock::now();
    const auto rows = co_await connection.query(
        "select clock_timestamp(), current_setting('server_version'), pg_is_in_recovery(), pg_backend_pid(), "
        "current_user::text, current_database()::text, current_setting('track_activities')::boolean, "
        "(select count(*) from pg_settings where name = 'idle_session_timeout')::int, inet_client_addr() is "
        "not null, "
        "coalesce((select setting from pg_settings where name = 'synchronous_commit'), ''), "
        "(select count(*) from pg_stat_replication)::int, "
        // sync_state is shown to members of pg_monitor only.
        "(select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum') or "
        "(sync_state is null and current_setting('synchronous_standby_names') <> ''))::int, "
        "(current_setting('max_connections')::int - (select count(*) from pg_stat_activity where "
        "backend_type = 'client "
        "backend')::int)::int",
        deadline);
    const auto answered = std::chrono::system_clock::now();
    const auto row = rows[0];
    const auto round_trip = answered - asked;
    found->round_trip = std::chrono::duration_cast<std::chrono::milliseconds>(round_trip);
    found->clock_skew = std::chrono::duration_cast<std::chrono::milliseconds>(
        row.time(0).time_since_epoch() - (asked + round_trip / 2).time_since_epoch());
    found->server_version = row.str(1);
    found->read_only = row.boolean(2);
    found->pooler = row.int32(3) != connection.backend_pid();
    found->role = row.str(4);
    found->database = row.str(5);
    found->track_activities = row.boolean(6);
    found->idle_limit = row.int32(7) > 0;
    found->over_tcp = row.boolean(8);
    found->synchronous_commit = row.str(9);
    found->replicas = row.int32(10);
    found->synchronous_replicas = row.int32(11);
    found->free_connections = row.int32(12);
}

/// As a lock session sets them; read back as the server's kernel took them.
async::Task<void> try_keep_alive(pg::Connection& connection, Examination* found, async::Deadline deadline) {
    if (!found->over_tcp) co_return;
    const auto rows = co_await connection.query(
        "select set_config('tcp_keepalives_idle', '1', false), set_config('tcp_user_timeout', '2000', false)",
        deadline);
    const auto read = co_await connection.query(
        "select current_setting('tcp_keepalives_idle') <> '0' and current_setting('tcp_user_timeout') <> '0'",
        deadline);
    found->keep_alive = !rows.empty() && read[0].boolean(0);
}

async::Task<void> look_for_own_schema(pg::Connection& connection, Examination* found,
                                      async::Deadline deadline) {
    const auto product = co_await connection.query(
        "select coalesce((select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where c.oid = "
        "to_regclass('lease_lock')), current_schema(), '')",
        deadline);
    found->names = own_schema_for(product[0].str(0), found->role);
    pg::Params params;
    params.add(found->names.own_schema);
    const auto rows = co_await connection.query(
        "select n.oid is not null, coalesce(has_schema_privilege(n.oid, 'usage'), false), "
        "has_database_privilege(current_database(), 'create') from (select) one left join pg_namespace n on "
        "n.nspname = "
        "$1::text",
        std::move(params), deadline);
    found->own_schema_exists = rows[0].boolean(0);
    found->may_use_own_schema = rows[0].boolean(1);
    found->may_create_schema = rows[0].boolean(2);
}

/// Behind a pooler that changes sessions between transactions, the second client gets the first one's
/// session, and the first one's next transaction another one.
async::Task<void> try_session_lock(pg::Connection& first, pg::Connection& second, Examination* found,
                                   async::Deadline deadline) {
    const std::string lock = trial_lock;
    co_await first.query("select pg_try_advisory_lock(" + lock + ")", deadline);
    co_await second.query("begin", deadline);
    co_await second.query("select 1", deadline);
    const auto given_back = co_await first.query("select pg_advisory_unlock(" + lock + ")", deadline);
    co_await second.query("select pg_advisory_unlock_all()", deadline);
    co_await second.query("commit", deadline);
    found->session_locks_lost = !given_back[0].boolean(0);
}

/// Ends the second session.
async::Task<void> try_termination(pg::Connection& first, pg::Connection& second, Examination* found,
                                  async::Deadline deadline) {
    const auto own = co_await second.query("select pg_backend_pid()", deadline);
    pg::Params seen, ended;
    seen.add(own[0].int32(0));
    ended.add(own[0].int32(0));
    const auto visible = co_await first.query(
        "select state is not null and state <> 'disabled' and application_name <> '' from pg_stat_activity "
        "where pid = "
        "$1::int",
        std::move(seen), deadline);
    found->sees_sessions = !visible.empty() && !visible[0].is_null(0) && visible[0].boolean(0);
    try {
        const auto done =
            co_await first.query("select pg_terminate_backend($1::int)", std::move(ended), deadline);
        found->may_terminate = done[0].boolean(0);
    } catch (const pg::StatementFailed&) {
        found->may_terminate = false;
    }
}

}  // namespace

async::Task<Examination> examine(LeaseSettings settings, async::Deadline deadline) {
    Examination found;
    const auto first = co_await pg::Connection::open(settings.session, deadline);
    co_await read_settings(*first, &found, deadline);
    co_await try_keep_alive(*first, &found, deadline);
    co_await look_for_own_schema(*first, &found, deadline);
    const auto second = co_await pg::Connection::open(settings.session, deadline);
    try {
        co_await try_session_lock(*first, *second, &found, deadline);
    } catch (const pg::StatementFailed&) {
        // Statements that one client prepared are another one's too: the sessions are shared.
        if (!found.pooler) throw;
        found.session_locks_lost = true;
    }
    if (!found.pooler) co_await try_termination(*first, *second, &found, deadline);
    co_return found;
}

}  // namespace baton::lease
