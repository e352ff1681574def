#pragma once

#include "baton/pg/fence.hpp"
#include "baton/pg/pool.hpp"

#include <functional>
#include <vector>

namespace baton::pg {

/// The only way to write product tables: READ COMMITTED, the fence as first and as last statement before
/// COMMIT (leadership.md section 4). The first one compares epoch and token, the last one everything. Loop
/// thread only; not copied.
class FencedTransaction {
  public:
    /// BEGIN and the opening fence in one round trip. Throws FenceRefused when another Baton leads; that a
    /// v1.11.0 took the locks shows at commit().
    static async::Task<FencedTransaction> begin(Pool& pool, Fence fence, async::Deadline deadline);
    FencedTransaction(FencedTransaction&&) noexcept;
    /// Rolls back (by dropping the session) unless committed.
    ~FencedTransaction();

    async::Task<Result> query(std::string sql, Params params, async::Deadline deadline);
    async::Task<std::vector<Result>> pipeline(std::vector<Statement> statements, async::Deadline deadline);
    /// Second fence check and COMMIT in one Sync. FenceRefused: nothing happened. CommitUnknown: see
    /// leadership.md section 8.
    /// A cancellation in the middle throws Cancelled and leaves it just as open.
    async::Task<void> commit(async::Deadline deadline);
    /// Gives the session back to the pool in order; without it, it is dropped and another one has to be
    /// opened.
    async::Task<void> roll_back(async::Deadline deadline);

    /// Begins, lets `body` write, commits; on an error of `body` nothing happened and the error is rethrown.
    static async::Task<void> run(Pool& pool, Fence fence, async::Deadline deadline,
                                 std::function<async::Task<void>(FencedTransaction&)> body);
    /// BEGIN, fence, `statements`, fence, COMMIT as one pipeline with one Sync: one round trip.
    /// The results are those of `statements`, in order. StatementFailed (FenceRefused too): nothing happened.
    /// CommitUnknown: the session was lost, or the deadline passed, after the batch was sent. A cancellation
    /// leaves the outcome open too.
    static async::Task<std::vector<Result>> run_batch(Pool& pool, Fence fence,
                                                      std::vector<Statement> statements,
                                                      async::Deadline deadline);

  private:
    struct Impl;
    explicit FencedTransaction(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// REPEATABLE READ, READ ONLY: several reads of one state.
async::Task<void> read_snapshot(Pool& pool, async::Deadline deadline,
                                std::function<async::Task<void>(Connection&)> body);

}  // namespace baton::pg
