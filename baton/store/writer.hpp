#pragma once

#include "baton/pg/transaction.hpp"

#include <chrono>
#include <functional>

namespace baton::store {

/// What a service of an epoch writes with: pool, fence and the default limit of a query
/// (DATABASE_DEFAULT_QUERY_TIMEOUT). A value; the pool outlives it.
struct Writer {
    pg::Pool* pool = nullptr;
    pg::Fence fence;
    std::chrono::nanoseconds timeout{std::chrono::seconds(10)};

    async::Deadline deadline() const { return async::Deadline::after(timeout); }
    /// See pg::FencedTransaction::run.
    async::Task<void> run(std::function<async::Task<void>(pg::FencedTransaction&)> body) const;
    /// See pg::FencedTransaction::run_batch.
    async::Task<std::vector<pg::Result>> run_batch(std::vector<pg::Statement> statements) const;
};

}  // namespace baton::store
