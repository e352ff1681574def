#pragma once

#include "baton/async/task.hpp"
#include "baton/lease/lease.hpp"

#include <chrono>
#include <string>

namespace baton::lease {

/// What of a database decides whether a leader is followed as fast as promised; for `baton doctor`.
struct Examination {
    /// E.g. "15.14".
    std::string server_version;
    bool read_only = false;
    /// The process that the server says serves a session is not the one that the client was told.
    bool pooler = false;
    /// Behind a pooler: a lock that a session took is not held in its next transaction.
    bool session_locks_lost = false;
    /// Server's clock minus this machine's, up to the round trip.
    std::chrono::milliseconds clock_skew{0};
    std::chrono::milliseconds round_trip{0};
    std::string role;
    pg::OwnSchema names;
    std::string database;
    bool own_schema_exists = false;
    bool may_use_own_schema = false;
    bool may_create_schema = false;
    bool may_terminate = false;
    bool sees_sessions = false;
    bool track_activities = false;
    /// idle_session_timeout is there (PostgreSQL 14 and later): the backstop for a holder that nobody may
    /// end.
    bool idle_limit = false;
    /// Over TCP: the server's probes of a silent client take effect.
    bool over_tcp = false;
    bool keep_alive = false;
    std::string synchronous_commit;
    int replicas = 0;
    int synchronous_replicas = 0;
    int free_connections = 0;
};

/// Uses sessions of its own and leaves nothing behind. Throws DatabaseError or TimedOut when the database
/// cannot be reached or examined.
async::Task<Examination> examine(LeaseSettings settings, async::Deadline deadline);

}  // namespace baton::lease
