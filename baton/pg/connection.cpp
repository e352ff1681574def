#include "baton/pg/connection.hpp"

#include "baton/pg/connection_impl.hpp"
#include "baton/pg/failure.hpp"

#include <poll.h>

#include <utility>

namespace baton::pg {

namespace {

/// What Baton relies on when it reads texts and times, and durable commits (leadership.md section 8): one
/// statement.
Statement session_settings(const SessionOptions& options) {
    Statement statement;
    statement.sql =
        "select case when current_setting('synchronous_commit') in ('off', 'local') "
        "then set_config('synchronous_commit', 'on', false) end, "
        "set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, MDY', false), "
        "set_config('bytea_output', 'hex', false), set_config('extra_float_digits', '1', false)";
    int number = 0;
    for (const auto& [name, value] : options.settings) {
        statement.sql +=
            ", set_config($" + std::to_string(number + 1) + ", $" + std::to_string(number + 2) + ", false)";
        statement.params.add(name).add(value);
        number += 2;
    }
    return statement;
}

}  // namespace

async::Task<std::unique_ptr<Connection>> Connection::open(SessionOptions options, async::Deadline deadline) {
    const auto executor = co_await async::current_executor();
    ConnectionHandle handle = co_await connect(options, deadline);
    std::unique_ptr<Connection> connection(
        new Connection(std::make_unique<Impl>(std::move(handle), executor)));
    auto settings = session_settings(options);
    std::string refused;
    try {
        co_await connection->query(std::move(settings.sql), std::move(settings.params), deadline);
    } catch (const StatementFailed& error) {
        // Somebody else's prepared statements in a session that was just opened.
        if (error.sqlstate() == "42P05" || error.sqlstate() == "26000") {
            throw_transaction_pooling(connection->impl_->where, error.what());
        }
        refused = error.what();
    }
    if (!refused.empty()) {
        throw ConnectionLost("cannot set up a session on database " + connection->impl_->where + ": " +
                             refused);
    }
    if (options.history) {
        const auto found = co_await connection->identity(deadline);
        options.history->require(found);
    }
    co_return connection;
}

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() {
    close();
}

bool Connection::usable() const {
    return impl_->usable();
}
void Connection::close() {
    impl_->close();
}
int Connection::backend_pid() const {
    return impl_->backend_pid;
}
int Connection::server_version() const {
    return impl_->handle ? PQserverVersion(impl_->handle.get()) : 0;
}

bool Connection::in_transaction() const {
    return usable() && PQtransactionStatus(impl_->handle.get()) != PQTRANS_IDLE;
}

bool Connection::reusable() {
    if (!usable() || in_transaction()) return false;
    PGconn* connection = impl_->handle.get();
    pollfd look{PQsocket(connection), POLLIN, 0};
    if (poll(&look, 1, 0) > 0) {
        // Something came while nobody had asked: a notice, a changed parameter, or the end. PQisBusy() reads
        // it.
        if (PQconsumeInput(connection) == 0 || PQisBusy(connection) != 0) return false;
    }
    return usable() && !impl_->stale;
}

async::Task<Result> Connection::query(std::string sql, Params params, async::Deadline deadline) {
    std::vector<Statement> one(1);
    one[0].sql = std::move(sql);
    one[0].params = std::move(params);
    std::vector<Result> results = co_await impl_->pipeline(std::move(one), deadline);
    co_return std::move(results[0]);
}

async::Task<std::vector<Result>> Connection::pipeline(std::vector<Statement> statements,
                                                      async::Deadline deadline) {
    return impl_->pipeline(std::move(statements), deadline);
}

async::Task<void> Connection::execute_script(std::string sql, async::Deadline deadline) {
    return impl_->execute_script(std::move(sql), deadline);
}

async::Task<Notification> Connection::notification() {
    return impl_->notification();
}

namespace {

/// The value of a query that the server may lack or that the role may not run; empty then.
async::Task<std::string> value_if_permitted(Connection* connection, std::string sql,
                                            async::Deadline deadline) {
    std::string value;
    try {
        const auto rows = co_await connection->query(std::move(sql), deadline);
        if (!rows.empty() && !rows[0].is_null(0)) value = rows[0].str(0);
    } catch (const StatementFailed& error) {
        if (error.sqlstate() == "57014") throw;
    }
    co_return value;
}

}  // namespace

async::Task<ServerIdentity> Connection::identity(async::Deadline deadline) {
    ServerIdentity identity;
    identity.version = server_version();
    identity.system_identifier = co_await value_if_permitted(
        this, "select system_identifier::text from pg_control_system()", deadline);
    // Not from the control file, which shows the old one until the next checkpoint.
    identity.timeline = co_await value_if_permitted(
        this,
        "select case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end",
        deadline);
    co_return identity;
}

}  // namespace baton::pg
