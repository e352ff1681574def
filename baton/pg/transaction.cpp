#include "baton/pg/transaction.hpp"

#include "baton/pg/error.hpp"

#include <exception>
#include <utility>

namespace baton::pg {

namespace {

// Never the role's default, under which the fence would read an old snapshot (leadership.md section 4).
constexpr const char* begin_fenced = "begin isolation level read committed";

Statement plain(std::string sql) {
    Statement statement;
    statement.sql = std::move(sql);
    return statement;
}

Statement check_of(const Fence& fence, const std::string& sql) {
    Statement statement;
    statement.sql = sql;
    statement.params.add(fence.epoch).add(fence.token);
    return statement;
}
Statement opening_check_of(const Fence& fence) {
    return check_of(fence, fence.opening_statement);
}
Statement closing_check_of(const Fence& fence) {
    return check_of(fence, fence.statement);
}

/// COMMIT of a transaction that had failed before is answered with ROLLBACK, and no error.
void require_committed(const Result& result) {
    if (result.command() == "COMMIT") return;
    throw StatementFailed(
        "PostgreSQL rolled a transaction back instead of committing it, because a statement before had "
        "failed",
        "25P02", "");
}

/// The session of a pipeline with COMMIT was closed half-way through it (connection.hpp).
[[noreturn]] void throw_unknown(const std::exception_ptr& error, const Connection& connection) {
    if (async::is_cancellation(error)) std::rethrow_exception(error);
    std::string reason;
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& failure) {
        reason = failure.what();
    }
    throw CommitUnknown("a COMMIT was not answered, whether it happened is unknown: " + reason,
                        connection.backend_pid());
}

/// Makes the session fit for its next user, at the price of a round trip; without it the pool would have to
/// drop it.
async::Task<void> roll_back(Connection* connection, async::Deadline deadline) {
    if (!connection->in_transaction()) co_return;
    try {
        co_await connection->query("rollback", deadline);
    } catch (const DatabaseError&) {
        connection->close();
    }
}

}  // namespace

struct FencedTransaction::Impl {
    Impl(Pool::Session held, Fence carried) : session(std::move(held)), fence(std::move(carried)) {}
    Pool::Session session;
    Fence fence;
};

FencedTransaction::FencedTransaction(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FencedTransaction::FencedTransaction(FencedTransaction&&) noexcept = default;
FencedTransaction::~FencedTransaction() = default;

async::Task<FencedTransaction> FencedTransaction::begin(Pool& pool, Fence fence, async::Deadline deadline) {
    Pool::Session session = co_await pool.acquire(deadline);
    std::vector<Statement> statements;
    statements.push_back(plain(begin_fenced));
    statements.push_back(opening_check_of(fence));
    std::exception_ptr error;
    try {
        co_await session->pipeline(std::move(statements), deadline);
    } catch (const StatementFailed&) {
        error = std::current_exception();
    }
    if (error) {
        co_await pg::roll_back(&*session, deadline);
        std::rethrow_exception(error);
    }
    co_return FencedTransaction(std::make_unique<Impl>(std::move(session), std::move(fence)));
}

async::Task<Result> FencedTransaction::query(std::string sql, Params params, async::Deadline deadline) {
    return impl_->session->query(std::move(sql), std::move(params), deadline);
}

async::Task<std::vector<Result>> FencedTransaction::pipeline(std::vector<Statement> statements,
                                                             async::Deadline deadline) {
    return impl_->session->pipeline(std::move(statements), deadline);
}

async::Task<void> FencedTransaction::commit(async::Deadline deadline) {
    Connection& connection = *impl_->session;
    if (!connection.usable()) throw ConnectionLost("the session of a transaction was lost before its COMMIT");
    std::vector<Statement> statements;
    statements.push_back(closing_check_of(impl_->fence));
    statements.push_back(plain("commit"));
    std::exception_ptr error;
    std::vector<Result> results;
    try {
        results = co_await connection.pipeline(std::move(statements), deadline);
    } catch (...) {
        error = std::current_exception();
    }
    if (error && connection.usable()) std::rethrow_exception(error);
    if (error) throw_unknown(error, connection);
    require_committed(results.back());
}

async::Task<void> FencedTransaction::roll_back(async::Deadline deadline) {
    return pg::roll_back(&*impl_->session, deadline);
}

async::Task<void> FencedTransaction::run(Pool& pool, Fence fence, async::Deadline deadline,
                                         std::function<async::Task<void>(FencedTransaction&)> body) {
    FencedTransaction transaction = co_await begin(pool, std::move(fence), deadline);
    std::exception_ptr error;
    try {
        co_await body(transaction);
        co_await transaction.commit(deadline);
    } catch (...) {
        error = std::current_exception();
    }
    if (!error) co_return;
    if (!async::is_cancellation(error)) co_await transaction.roll_back(deadline);
    std::rethrow_exception(error);
}

async::Task<std::vector<Result>> FencedTransaction::run_batch(Pool& pool, Fence fence,
                                                              std::vector<Statement> statements,
                                                              async::Deadline deadline) {
    Pool::Session session = co_await pool.acquire(deadline);
    std::vector<Statement> all;
    all.reserve(statements.size() + 4);
    all.push_back(plain(begin_fenced));
    all.push_back(opening_check_of(fence));
    for (auto& statement : statements) {
        all.push_back(std::move(statement));
    }
    all.push_back(closing_check_of(fence));
    all.push_back(plain("commit"));
    std::exception_ptr error;
    std::vector<Result> results;
    try {
        results = co_await session->pipeline(std::move(all), deadline);
    } catch (...) {
        error = std::current_exception();
    }
    if (error && !session->usable()) throw_unknown(error, *session);
    if (error) {
        // The server refused a statement and skipped the rest, COMMIT included.
        co_await pg::roll_back(&*session, deadline);
        std::rethrow_exception(error);
    }
    require_committed(results.back());
    results.erase(results.end() - 2, results.end());
    results.erase(results.begin(), results.begin() + 2);
    co_return results;
}

async::Task<void> read_snapshot(Pool& pool, async::Deadline deadline,
                                std::function<async::Task<void>(Connection&)> body) {
    Pool::Session session = co_await pool.acquire(deadline);
    co_await session->query("begin isolation level repeatable read, read only", deadline);
    std::exception_ptr error;
    try {
        co_await body(*session);
        co_await session->query("commit", deadline);
    } catch (...) {
        error = std::current_exception();
    }
    if (!error) co_return;
    if (!async::is_cancellation(error)) co_await roll_back(&*session, deadline);
    std::rethrow_exception(error);
}

}  // namespace baton::pg
