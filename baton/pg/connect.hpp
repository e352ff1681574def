#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/pg/connection.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string>

namespace baton::pg {

struct FinishConnection {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
using ConnectionHandle = std::unique_ptr<PGconn, FinishConnection>;

/// Connects to the first of the URL's servers that accepts and fits `target_session_attrs`, each with its own
/// share of the time. The handle is in non-blocking mode and silent about notices. Throws ConnectionLost,
/// Cancelled.
async::Task<ConnectionHandle> connect(SessionOptions options, async::Deadline deadline);

/// "127.0.0.1:5432/chainlink", for messages.
std::string name_of(const PGconn* connection);

}  // namespace baton::pg
