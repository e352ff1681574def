#pragma once

#include "baton/async/descriptor.hpp"
#include "baton/pg/connect.hpp"
#include "baton/pg/connection.hpp"
#include "baton/pg/statement_cache.hpp"

#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace baton::pg {

/// Prepared texts per session; a server process keeps some tens of kilobytes for each.
inline constexpr std::size_t most_prepared_statements = 500;

struct Connection::Impl {
    Impl(ConnectionHandle connected, const async::Executor& executor);

    bool usable() const { return handle && PQstatus(handle.get()) == CONNECTION_OK; }
    void close();

    async::Task<std::vector<Result>> pipeline(std::vector<Statement> statements, async::Deadline deadline);
    async::Task<void> execute_script(std::string sql, async::Deadline deadline);
    async::Task<Notification> notification();

    std::string where;
    int backend_pid = 0;
    /// Not for another user: the server announced its end, or what is prepared no longer fits the tables.
    bool stale = false;
    ConnectionHandle handle;
    /// Released before the handle closes the socket.
    std::unique_ptr<async::Descriptor> descriptor;
    StatementCache statements{most_prepared_statements};

  private:
    class Exchange;
    /// One command sent to the server, whose answer will come in this order.
    struct Step {
        enum class Kind { prepare, query, forget };
        Kind kind;
        /// Of kind prepare.
        StatementCache::Entry* entry;
        std::string_view sql;
    };

    void require_usable(async::Deadline deadline) const;
    void sent(int ok) const;
    std::vector<Step> send(const std::vector<Statement>& statements_to_send);
    void send_query(const StatementCache::Entry& entry, const Params& params);
    async::Task<void> flush(async::Deadline deadline);
    async::Task<void> receive(async::Deadline deadline);
    void finish_step(const Step& step, PGresult* raw, std::vector<Result>& results,
                     std::exception_ptr& error);

    bool busy_ = false;
};

}  // namespace baton::pg
