#include "baton/pg/failure.hpp"

#include "baton/pg/error.hpp"

#include <libpq-fe.h>

namespace baton::pg {

namespace {

std::string field(const pg_result* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text ? text : "";
}

template <typename T>
std::exception_ptr make(const std::string& text, const std::string& sqlstate, const std::string& constraint) {
    return std::make_exception_ptr(T(text, sqlstate, constraint));
}

/// As much of a statement as helps to find it.
std::string beginning(std::string_view sql) {
    constexpr std::size_t most = 120;
    return one_line(sql.substr(0, most)) + (sql.size() > most ? " ..." : "");
}

}  // namespace

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        if (c != '\n' && c != '\r' && c != '\t') {
            line.push_back(c);
        } else if (!line.empty() && line.back() != ' ') {
            line.push_back(' ');
        }
    }
    while (!line.empty() && line.back() == ' ') {
        line.pop_back();
    }
    return line;
}

bool ends_session(const pg_result* result) {
    const std::string severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity == "FATAL" || severity == "PANIC" || field(result, PG_DIAG_SQLSTATE).empty();
}

std::exception_ptr statement_failure(const pg_result* result, std::string_view sql) {
    const auto sqlstate = field(result, PG_DIAG_SQLSTATE);
    const auto constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
    auto text = "PostgreSQL refused a statement: " + one_line(field(result, PG_DIAG_MESSAGE_PRIMARY)) +
                " (SQLSTATE " + sqlstate + ")";
    if (!sql.empty()) text += " in: " + beginning(sql);
    if (sqlstate == "BT001") return make<FenceRefused>(text, sqlstate, constraint);
    if (sqlstate == "23505") return make<UniqueViolation>(text, sqlstate, constraint);
    if (sqlstate == "23503") return make<ForeignKeyViolation>(text, sqlstate, constraint);
    if (sqlstate == "57014" || sqlstate == "55P03") return make<QueryTimedOut>(text, sqlstate, constraint);
    if (sqlstate == "25006") return make<ReadOnly>(text, sqlstate, constraint);
    return make<StatementFailed>(text, sqlstate, constraint);
}

void throw_transaction_pooling(const std::string& where, const std::string& sign) {
    throw TransactionPooling(
        "the database " + where + " is behind a pooler that gives each transaction another session (" + sign +
        "); locks cannot be held there, in whatever locking mode: name the database server itself "
        "in DATABASE_URL, or set pool_mode = session in the pooler");
}

void throw_connection_lost(const pg_conn* connection, const std::string& where) {
    const auto reason = one_line(PQerrorMessage(connection));
    throw ConnectionLost("connection to database " + where +
                         " lost: " + (reason.empty() ? "no reason given" : reason));
}

}  // namespace baton::pg
