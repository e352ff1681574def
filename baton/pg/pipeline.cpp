// How a session talks to the server: always in libpq's pipeline mode, so that preparing, running and several
// statements cost one round trip together.

#include "baton/pg/connection_impl.hpp"
#include "baton/pg/error.hpp"
#include "baton/pg/failure.hpp"

#include <sys/socket.h>

#include <utility>

namespace baton::pg {

namespace {

/// The wire protocol counts them in 16 bits.
constexpr std::size_t most_params = 65535;

/// After these a session is not worth keeping: what it has prepared does not fit the tables any more, or is
/// gone.
bool prepared_in_vain(const std::string& sqlstate) {
    return sqlstate == "0A000" || sqlstate == "26000";
}

}  // namespace

/// An exchange with the server. If it ends anyhow but complete, the answers that are still to come could not
/// be told from those of the next one: the session is closed.
class Connection::Impl::Exchange {
  public:
    explicit Exchange(Impl& impl) : impl_(impl) { impl_.busy_ = true; }
    ~Exchange() {
        if (impl_.busy_) impl_.close();
    }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    void complete() { impl_.busy_ = false; }

  private:
    Impl& impl_;
};

Connection::Impl::Impl(ConnectionHandle connected, const async::Executor& executor)
    : where(name_of(connected.get())),
      backend_pid(PQbackendPID(connected.get())),
      handle(std::move(connected)),
      descriptor(std::make_unique<async::Descriptor>(executor, PQsocket(handle.get()))) {
    PQsetNoticeReceiver(
        handle.get(),
        [](void* self, const PGresult* notice) {
            // What ends an idle session (a shutdown, an administrator) comes as a notice before the socket
            // closes.
            if (ends_session(notice)) static_cast<Impl*>(self)->stale = true;
        },
        this);
}

void Connection::Impl::close() {
    if (!handle) return;
    descriptor->release();
    // In the middle of something nothing more may leave: closing would send what is still in libpq's buffer.
    if (busy_) ::shutdown(PQsocket(handle.get()), SHUT_RDWR);
    handle.reset();
    busy_ = false;
}

void Connection::Impl::require_usable(async::Deadline deadline) const {
    if (busy_) throw std::logic_error("two tasks use one database session at the same time");
    if (!usable()) throw ConnectionLost("the session with database " + where + " is closed");
    if (deadline.passed()) {
        throw QueryTimedOut("no time left to ask database " + where + "; nothing was sent", "57014", "");
    }
}

void Connection::Impl::sent(int ok) const {
    if (ok == 0) throw_connection_lost(handle.get(), where);
}

void Connection::Impl::send_query(const StatementCache::Entry& entry, const Params& params) {
    std::vector<const char*> values;
    std::vector<int> lengths, formats;
    for (std::size_t i = 0; i < params.size(); ++i) {
        const auto& value = params.values()[i];
        values.push_back(value ? value->c_str() : nullptr);
        lengths.push_back(value ? static_cast<int>(value->size()) : 0);
        formats.push_back(params.is_binary(i) ? 1 : 0);
    }
    sent(PQsendQueryPrepared(handle.get(), entry.name.c_str(), static_cast<int>(values.size()), values.data(),
                             lengths.data(), formats.data(), 0));
}

std::vector<Connection::Impl::Step> Connection::Impl::send(const std::vector<Statement>& statements_to_send) {
    std::vector<Step> steps;
    steps.reserve(statements_to_send.size() + 4);
    PGconn* connection = handle.get();
    if (PQpipelineStatus(connection) == PQ_PIPELINE_OFF) sent(PQenterPipelineMode(connection));
    // In a failed transaction DEALLOCATE would fail, and with it the ROLLBACK behind it.
    while (statements.full() && PQtransactionStatus(connection) != PQTRANS_INERROR) {
        const auto forget = "deallocate " + statements.least_recent().name;
        sent(PQsendQueryParams(connection, forget.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
        steps.push_back({Step::Kind::forget, nullptr, "deallocate"});
        statements.remove_least_recent();
    }
    std::vector<const StatementCache::Entry*> prepared_here;
    for (const auto& statement : statements_to_send) {
        auto& entry = statements.use(statement.sql);
        bool known = entry.prepared;
        for (const auto* earlier : prepared_here) {
            known = known || earlier == &entry;
        }
        if (!known) {
            sent(PQsendPrepare(connection, entry.name.c_str(), entry.sql.c_str(), 0, nullptr));
            steps.push_back({Step::Kind::prepare, &entry, statement.sql});
            prepared_here.push_back(&entry);
        }
        send_query(entry, statement.params);
        steps.push_back({Step::Kind::query, nullptr, statement.sql});
    }
    sent(PQpipelineSync(connection));
    return steps;
}

async::Task<void> Connection::Impl::flush(async::Deadline deadline) {
    int left = PQflush(handle.get());
    while (left > 0) {
        // The server may be unable to take more before we take its answers, so look both ways.
        const bool ready = co_await descriptor->wait(async::Descriptor::Ready::either, deadline);
        if (!ready)
            throw QueryTimedOut("database " + where + " does not take a statement in time", "57014", "");
        sent(PQconsumeInput(handle.get()));
        left = PQflush(handle.get());
    }
    if (left < 0) throw_connection_lost(handle.get(), where);
}

async::Task<void> Connection::Impl::receive(async::Deadline deadline) {
    // Most answers of a pipeline are there already: callers ask PQisBusy() before, to save a coroutine.
    const bool ready = co_await descriptor->wait(async::Descriptor::Ready::readable, deadline);
    if (!ready)
        throw QueryTimedOut("database " + where + " does not answer a statement in time", "57014", "");
    sent(PQconsumeInput(handle.get()));
}

void Connection::Impl::finish_step(const Step& step, PGresult* raw, std::vector<Result>& results,
                                   std::exception_ptr& error) {
    Result result(raw);
    switch (PQresultStatus(raw)) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
            if (step.kind == Step::Kind::prepare) step.entry->prepared = true;
            if (step.kind == Step::Kind::query) results.push_back(std::move(result));
            return;
        case PGRES_PIPELINE_ABORTED:
            return;
        case PGRES_FATAL_ERROR:
            if (ends_session(raw)) {
                throw ConnectionLost("connection to database " + where +
                                     " lost: " + one_line(PQresultErrorMessage(raw)));
            }
            if (const char* sqlstate = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
                prepared_in_vain(sqlstate)) {
                stale = true;
            }
            if (!error) error = statement_failure(raw, step.sql);
            return;
        default:
            throw DatabaseError("unexpected kind of answer from database " + where + ": " +
                                PQresStatus(PQresultStatus(raw)));
    }
}

async::Task<std::vector<Result>> Connection::Impl::pipeline(std::vector<Statement> to_send,
                                                            async::Deadline deadline) {
    require_usable(deadline);
    for (const auto& statement : to_send) {
        if (statement.params.size() > most_params)
            throw InvalidInput("a statement with more than 65535 parameters");
    }
    std::vector<Result> results;
    results.reserve(to_send.size());
    std::exception_ptr error;
    Exchange exchange(*this);
    const auto steps = send(to_send);
    co_await flush(deadline);
    for (const Step& step : steps) {
        while (PQisBusy(handle.get()) != 0) {
            co_await receive(deadline);
        }
        PGresult* result = PQgetResult(handle.get());
        if (!result) throw_connection_lost(handle.get(), where);
        finish_step(step, result, results, error);
        // Every answer is followed by a null.
        while (PQisBusy(handle.get()) != 0) {
            co_await receive(deadline);
        }
        const Result none(PQgetResult(handle.get()));
    }
    while (PQisBusy(handle.get()) != 0) {
        co_await receive(deadline);
    }
    const Result sync(PQgetResult(handle.get()));
    if (PQresultStatus(sync.raw()) != PGRES_PIPELINE_SYNC) throw_connection_lost(handle.get(), where);
    exchange.complete();
    if (error) {
        statements.remove_unprepared();
        std::rethrow_exception(error);
    }
    co_return results;
}

async::Task<void> Connection::Impl::execute_script(std::string sql, async::Deadline deadline) {
    require_usable(deadline);
    if (PQpipelineStatus(handle.get()) != PQ_PIPELINE_OFF) sent(PQexitPipelineMode(handle.get()));
    std::exception_ptr error;
    Exchange exchange(*this);
    sent(PQsendQuery(handle.get(), sql.c_str()));
    co_await flush(deadline);
    const Step step{Step::Kind::query, nullptr, {}};
    while (true) {
        while (PQisBusy(handle.get()) != 0) {
            co_await receive(deadline);
        }
        PGresult* result = PQgetResult(handle.get());
        if (!result) break;
        std::vector<Result> unused;
        finish_step(step, result, unused, error);
    }
    exchange.complete();
    if (error) std::rethrow_exception(error);
}

async::Task<Notification> Connection::Impl::notification() {
    require_usable(async::Deadline::never());
    while (true) {
        const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notify(PQnotifies(handle.get()), PQfreemem);
        if (notify) {
            Notification notification;
            notification.channel = notify->relname;
            notification.payload = notify->extra;
            co_return notification;
        }
        co_await descriptor->wait(async::Descriptor::Ready::readable);
        if (PQconsumeInput(handle.get()) == 0) {
            Exchange broken(*this);
            throw_connection_lost(handle.get(), where);
        }
    }
}

}  // namespace baton::pg
