#pragma once

#include "baton/pg/connection.hpp"

#include <memory>

namespace baton::pg {

struct PoolStats {
    int open = 0;
    int used = 0;
    int most = 0;
    std::int64_t waits = 0;
    std::chrono::nanoseconds waited{0};
};

/// Sessions for everything but locks and LISTEN. Opens lazily up to a limit, hands out in FIFO order, drops
/// broken ones.
class Pool {
  public:
    Pool(async::Executor executor, SessionOptions options, int most_open, int most_idle);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// A session for the time that the object lives; given back (or dropped, if broken or inside a
    /// transaction).
    class Session {
      public:
        Session(Session&&) noexcept;
        Session& operator=(Session&&) = delete;
        ~Session();
        Connection& operator*() const;
        Connection* operator->() const;

      private:
        friend class Pool;
        struct Impl;
        explicit Session(std::unique_ptr<Impl> impl);
        std::unique_ptr<Impl> impl_;
    };

    /// The idle session that was used last; where all are in use, one that becomes free soon, or else a new
    /// one. Throws TimedOut when no session is free before the deadline, ConnectionLost when none can be
    /// opened.
    async::Task<Session> acquire(async::Deadline deadline);
    /// One statement on a session of the pool, outside of any transaction: reads, and the unfenced exceptions
    /// of design section 2 G1 (sessions, baton.instances).
    async::Task<Result> query(std::string sql, Params params, async::Deadline deadline);
    async::Task<Result> query(std::string sql, async::Deadline deadline) {
        return query(std::move(sql), {}, deadline);
    }

    /// Opens sessions ahead of need (warm standby) until so many are open, no more than are kept when idle.
    async::Task<void> warm(int sessions, async::Deadline deadline);
    /// Closes idle sessions that nobody used for so long, but keeps that many. Each open session costs its
    /// server process, and each that a dying leader leaves behind delays the one that passes the watch lock
    /// on.
    void close_unused(std::chrono::nanoseconds for_so_long, int keep);
    /// Drops all idle sessions; used ones are dropped when given back (leadership lost, database failed
    /// over).
    void drop_all();
    PoolStats stats() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::pg
