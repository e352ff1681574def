#pragma once

#include "baton/async/event.hpp"
#include "baton/async/task.hpp"
#include "baton/lease/descriptor_floor.hpp"
#include "baton/pg/connection.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace baton::lease {

/// Which server process a session is. A process id alone may have been given to another session since.
struct BackendId {
    int pid = 0;
    /// backend_start as PostgreSQL prints it in UTC, to the microsecond.
    std::string started;
    bool operator==(const BackendId&) const = default;
};

/// Limits that a lock session sets for itself (leadership.md section 1).
struct LockSessionLimits {
    /// D: how long the server lets the session idle, and wait for a row lock.
    std::chrono::milliseconds lease_duration;
    /// F: how long data may stay unacknowledged before either side gives the connection up.
    std::chrono::milliseconds suspect_after;
};

/// A session that belongs to the leadership and is never from a pool. Several tasks may use it; their
/// statements queue. Loop thread only. Whatever a statement throws but StatementFailed leaves the session
/// closed, and with it every lock that it held.
class LockSession {
  public:
    /// `purpose` names it in errors: "watch", "lease", ...
    LockSession(async::Executor executor, std::string purpose, ClosedFirst order = ClosedFirst::nothing);
    LockSession(const LockSession&) = delete;
    LockSession& operator=(const LockSession&) = delete;

    /// Connects and sets keep-alive, tcp_user_timeout, statement_timeout = 0, lock_timeout,
    /// idle_session_timeout and idle_in_transaction_session_timeout (where the server has them), READ
    /// COMMITTED, plans that are kept, and synchronous_commit = on where it is off or local. Replaces what
    /// was open. Throws ConnectionLost, also when the server is a read-only replica.
    async::Task<void> open(pg::SessionOptions options, LockSessionLimits limits, async::Deadline deadline);
    /// Throws pg::TransactionPooling when a pooler between gives each transaction another session. Costs
    /// nothing where nothing is between. REQUIRES: just opened, with these options.
    async::Task<void> refuse_transaction_pooling(pg::SessionOptions options, async::Deadline deadline);
    bool usable() const;
    /// At once; statements under way fail.
    void close();

    /// Valid once opened, also after the session was lost.
    const BackendId& backend() const { return backend_; }
    const pg::ServerIdentity& server() const { return server_; }

    /// `limit` counts from the moment that the statement is sent. Throws as pg::Connection does.
    async::Task<pg::Result> query(std::string sql, pg::Params params, std::chrono::nanoseconds limit);
    async::Task<pg::Result> query(std::string sql, std::chrono::nanoseconds limit);
    async::Task<std::vector<pg::Result>> pipeline(std::vector<pg::Statement> statements,
                                                  std::chrono::nanoseconds limit);

    /// The session for somebody else's statements as long as the value lives; the others queue meanwhile.
    class Exclusive {
      public:
        pg::Connection& operator*() const { return *connection_; }

      private:
        friend class LockSession;
        Exclusive(async::Mutex::Guard guard, std::shared_ptr<pg::Connection> connection)
            : guard_(std::move(guard)), connection_(std::move(connection)) {}
        async::Mutex::Guard guard_;
        std::shared_ptr<pg::Connection> connection_;
    };
    async::Task<Exclusive> exclusive();

  private:
    async::Task<void> prepare(pg::Connection& connection, LockSessionLimits limits, async::Deadline deadline);

    std::string purpose_;
    ClosedFirst order_;
    async::Mutex mutex_;
    std::shared_ptr<pg::Connection> connection_;
    BackendId backend_;
    pg::ServerIdentity server_;
};

}  // namespace baton::lease
