#pragma once

#include "baton/base/error.hpp"

#include <string>

namespace baton::pg {

// DatabaseError
//   ConnectionLost     the session is gone; a COMMIT under way may or may not have happened
//     OtherHistory     the server that was reached has another history than the database worked on so far
//     TransactionPooling  a pooler between gives each transaction another session
//   CommitUnknown      COMMIT was sent and not answered: only the batch's own key tells
//   StatementFailed    the server refused a statement; the transaction did not happen
//     FenceRefused     this instance no longer leads (SQLSTATE BT001)
//     UniqueViolation  23505        ForeignKeyViolation 23503
//     QueryTimedOut    57014 or the deadline; lock_timeout 55P03
//     ReadOnly         25006

class DatabaseError : public Error {
  public:
    using Error::Error;
};
class ConnectionLost : public DatabaseError {
  public:
    using DatabaseError::DatabaseError;
};
class OtherHistory : public ConnectionLost {
  public:
    using ConnectionLost::ConnectionLost;
};
class TransactionPooling : public ConnectionLost {
  public:
    using ConnectionLost::ConnectionLost;
};
class CommitUnknown : public ConnectionLost {
  public:
    CommitUnknown(const std::string& text, int backend_pid)
        : ConnectionLost(text), backend_pid_(backend_pid) {}
    /// The server process that may still be committing: terminate it and see it gone before asking what
    /// happened.
    int backend_pid() const { return backend_pid_; }

  private:
    int backend_pid_;
};
class StatementFailed : public DatabaseError {
  public:
    StatementFailed(const std::string& text, std::string sqlstate, std::string constraint)
        : DatabaseError(text), sqlstate_(std::move(sqlstate)), constraint_(std::move(constraint)) {}
    /// Five characters, e.g. "23505".
    const std::string& sqlstate() const { return sqlstate_; }
    /// Name of the violated constraint, or empty.
    const std::string& constraint() const { return constraint_; }

  private:
    std::string sqlstate_;
    std::string constraint_;
};
class FenceRefused : public StatementFailed {
  public:
    using StatementFailed::StatementFailed;
};
class UniqueViolation : public StatementFailed {
  public:
    using StatementFailed::StatementFailed;
};
class ForeignKeyViolation : public StatementFailed {
  public:
    using StatementFailed::StatementFailed;
};
class QueryTimedOut : public StatementFailed {
  public:
    using StatementFailed::StatementFailed;
};
class ReadOnly : public StatementFailed {
  public:
    using StatementFailed::StatementFailed;
};

}  // namespace baton::pg
