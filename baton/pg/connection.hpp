#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/base/log.hpp"
#include "baton/pg/error.hpp"
#include "baton/pg/params.hpp"
#include "baton/pg/result.hpp"
#include "baton/pg/server_history.hpp"
#include "baton/pg/url.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace baton::pg {

/// What every session of this instance is opened with.
struct SessionOptions {
    DatabaseUrl url;
    /// At most 63 bytes; carries the start of the client id (leadership.md section 1).
    std::string application_name;
    /// Set after connecting, on top of url.runtime, which goes into the start-up packet. TimeZone UTC is
    /// always set.
    std::vector<std::pair<std::string, std::string>> settings;
    std::chrono::milliseconds connect_timeout{10'000};
    /// tcp_user_timeout and keep-alives of the client socket; 0 leaves the system's defaults.
    std::chrono::milliseconds tcp_user_timeout{0};
    /// What the server has to be; not asked where absent.
    std::shared_ptr<ServerHistory> history;
};

struct Statement {
    std::string sql;
    Params params;
};

struct Notification {
    std::string channel;
    std::string payload;
};

/// One PostgreSQL session as coroutines over libpq. One task uses it at a time; loop thread only.
/// An error that is not StatementFailed, a passed deadline and a cancellation leave the connection broken: it
/// is closed, so that the server rolls back what was under way.
class Connection {
  public:
    /// Tries the servers of the URL in turn, each with its share of the time (at most `connect_timeout`, or
    /// the URL's own), host names resolved without holding up the loop. Sets the session up: UTC, ISO dates,
    /// `settings`, and synchronous_commit to "on" where it is "off" or "local" (leadership.md section 8).
    /// Throws ConnectionLost naming hosts and reasons, never the password; OtherHistory; TransactionPooling
    /// where the pooler betrays itself.
    static async::Task<std::unique_ptr<Connection>> open(SessionOptions options, async::Deadline deadline);
    ~Connection();

    bool usable() const;
    /// Closes the socket at once, without waiting; the server ends the session.
    void close();
    /// The server's process id of this session, as it was told at connect; still known after it ended. A
    /// pooler tells another one.
    int backend_pid() const;
    /// E.g. 150020; 0 once closed.
    int server_version() const;
    /// A transaction is open, also one that failed.
    bool in_transaction() const;
    /// Looks, without waiting, whether the next user can have the session: open at both ends, outside of a
    /// transaction, and nothing prepared that the tables have outgrown.
    bool reusable();

    /// One statement in its own implicit transaction, or within the one that is open. Statements are prepared
    /// on first use per connection and SQL text.
    async::Task<Result> query(std::string sql, Params params, async::Deadline deadline);
    async::Task<Result> query(std::string sql, async::Deadline deadline) {
        return query(std::move(sql), {}, deadline);
    }

    /// All statements in one round trip up to one Sync. The first failing one makes the server skip the rest;
    /// its error is thrown and nothing of them took effect (unless a COMMIT before it did: put nothing after
    /// COMMIT).
    async::Task<std::vector<Result>> pipeline(std::vector<Statement> statements, async::Deadline deadline);

    /// Simple protocol, several statements separated by semicolons: migrations only.
    async::Task<void> execute_script(std::string sql, async::Deadline deadline);

    /// Waits for the next notification of a LISTEN; throws ConnectionLost when the session dies. Cancelling
    /// it leaves the session usable.
    async::Task<Notification> notification();

    /// Reads system identifier and timeline of the server; what it does not show (no right to, or the
    /// timeline of a standby) stays empty. REQUIRES: outside of a transaction.
    async::Task<ServerIdentity> identity(async::Deadline deadline);

  private:
    struct Impl;
    explicit Connection(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace baton::pg
