#include "baton/lease/lock_session.hpp"

#include "baton/pg/failure.hpp"

#include <utility>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;

std::int64_t whole_seconds(std::chrono::milliseconds span) {
    return std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::seconds>(span).count());
}

/// Server-side keep-alive: a silent host is noticed within F, probes once a second after half of it.
pg::Params limit_params(const LockSessionLimits& limits) {
    pg::ArrayParam names, values;
    const auto set = [&](const char* name, std::int64_t value) {
        names.add(name);
        values.add(std::to_string(value));
    };
    set("statement_timeout", 0);
    set("lock_timeout", limits.lease_duration.count());
    set("idle_in_transaction_session_timeout", limits.lease_duration.count());
    set("idle_session_timeout", limits.lease_duration.count());
    set("tcp_user_timeout", limits.suspect_after.count());
    set("tcp_keepalives_idle", whole_seconds(limits.suspect_after / 2));
    set("tcp_keepalives_interval", 1);
    set("tcp_keepalives_count", whole_seconds(limits.suspect_after));
    names.add("default_transaction_isolation");
    values.add("read committed");
    names.add("default_transaction_read_only");
    values.add("off");
    // What was planned while this instance waits is not planned again when it takes over.
    names.add("plan_cache_mode");
    values.add("force_generic_plan");
    pg::Params params;
    params.add(names.text()).add(values.text());
    return params;
}

}  // namespace

LockSession::LockSession(async::Executor executor, std::string purpose, ClosedFirst order)
    : purpose_(std::move(purpose)), order_(order), mutex_(std::move(executor)) {}

bool LockSession::usable() const {
    return connection_ && connection_->usable();
}

void LockSession::close() {
    if (connection_) connection_->close();
}

async::Task<void> LockSession::open(pg::SessionOptions options, LockSessionLimits limits,
                                    async::Deadline deadline) {
    close();
    connection_.reset();
    options.tcp_user_timeout = limits.suspect_after;
    std::shared_ptr<pg::Connection> connection;
    {
        const DescriptorFloor floor(order_);
        connection = co_await pg::Connection::open(std::move(options), deadline);
    }
    co_await prepare(*connection, limits, deadline);
    connection_ = std::move(connection);
}

async::Task<void> LockSession::prepare(pg::Connection& connection, LockSessionLimits limits,
                                       async::Deadline deadline) {
    const auto facts = co_await connection.query(
        "select a.pid, a.backend_start::text, pg_is_in_recovery() from "
        "pg_stat_get_activity(pg_backend_pid()) a",
        deadline);
    if (facts[0].boolean(2)) {
        connection.close();
        throw pg::ConnectionLost(
            "the database server is a read-only replica; locks are taken on the primary only");
    }
    backend_ = BackendId{facts[0].int32(0), facts[0].str(1)};
    server_ = co_await connection.identity(deadline);
    // Settings that this server does not know are left out: idle_session_timeout came with PostgreSQL 14.
    pg::Params params = limit_params(limits);
    co_await connection.query(
        "select set_config(s.name, s.value, false) from unnest($1::text[], $2::text[]) as s (name, value) "
        "where exists (select from pg_settings p where p.name = s.name)",
        std::move(params), deadline);
    co_await connection.query(
        "select set_config('synchronous_commit', 'on', false) "
        "where current_setting('synchronous_commit') in ('off', 'local')",
        deadline);
}

/// A pooler tells its clients process ids of its own making. One that gives the session of a client to
/// another client between two transactions is caught at it: while a second session is inside of a
/// transaction, either it has the process of the first one, or the first one gets another.
async::Task<void> LockSession::refuse_transaction_pooling(pg::SessionOptions options,
                                                          async::Deadline deadline) {
    if (connection_->backend_pid() == backend_.pid) co_return;
    const std::string pid = "select pg_backend_pid()";
    const auto second = co_await pg::Connection::open(std::move(options), deadline);
    co_await second->query("begin", deadline);
    const auto theirs = co_await second->query(pid, deadline);
    bool shared = theirs[0].int32(0) == backend_.pid;
    if (!shared) {
        const auto ours = co_await connection_->query(pid, deadline);
        shared = ours[0].int32(0) != backend_.pid;
    }
    co_await second->query("rollback", deadline);
    if (shared) pg::throw_transaction_pooling("of DATABASE_URL", "two sessions had one server process");
}

async::Task<LockSession::Exclusive> LockSession::exclusive() {
    auto guard = co_await mutex_.lock();
    if (!usable()) throw pg::ConnectionLost("the " + purpose_ + " session is closed");
    co_return Exclusive(std::move(guard), connection_);
}

async::Task<pg::Result> LockSession::query(std::string sql, pg::Params params,
                                           std::chrono::nanoseconds limit) {
    const auto held = co_await exclusive();
    co_return co_await (*held).query(std::move(sql), std::move(params), async::Deadline::after(limit));
}

async::Task<pg::Result> LockSession::query(std::string sql, std::chrono::nanoseconds limit) {
    pg::Params none;
    co_return co_await query(std::move(sql), std::move(none), limit);
}

async::Task<std::vector<pg::Result>> LockSession::pipeline(std::vector<pg::Statement> statements,
                                                           std::chrono::nanoseconds limit) {
    const auto held = co_await exclusive();
    co_return co_await (*held).pipeline(std::move(statements), async::Deadline::after(limit));
}

}  // namespace baton::lease
