#pragma once

#include <exception>
#include <string>
#include <string_view>

struct pg_conn;
struct pg_result;

namespace baton::pg {

// From libpq's reports to the error tree of error.hpp. Messages are one line and leave out the server's
// DETAIL, which quotes column values.

/// What the server says about a failed statement. `sql` is shown in part; it holds no values.
std::exception_ptr statement_failure(const pg_result* result, std::string_view sql);
/// True for an error after which the server ends the session (FATAL, PANIC) or that libpq made of a dead
/// socket.
bool ends_session(const pg_result* result);
/// ConnectionLost with libpq's reason. `where` names server and database.
[[noreturn]] void throw_connection_lost(const pg_conn* connection, const std::string& where);
/// TransactionPooling with what to do about it. `where` names server and database, `sign` how it was noticed.
[[noreturn]] void throw_transaction_pooling(const std::string& where, const std::string& sign);
/// Line breaks become "; ", surrounding blanks go.
std::string one_line(std::string_view text);

}  // namespace baton::pg
