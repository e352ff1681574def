#include "baton/store/runs.hpp"

#include "baton/async/event.hpp"
#include "baton/async/future.hpp"
#include "baton/async/run_all.hpp"
#include "baton/async/timer.hpp"
#include "baton/store/run_statements.hpp"

#include <algorithm>
#include <deque>
#include <iterator>

namespace baton::store {

namespace {

/// Enough to share one fsync among many runs; more only lengthens the transaction.
constexpr std::size_t most_runs_per_batch = 64;
/// While one batch waits for its fsync the next is built and sent.
constexpr std::size_t concurrent_batches = 2;
constexpr std::int64_t ids_per_fetch = 512;
/// How long a COMMIT whose answer was lost is looked for.
constexpr auto unknown_commit_patience = std::chrono::seconds(30);

struct Pending {
    RunCommit run;
    async::Promise<CommitResult> done;
};
using Batch = std::vector<Pending>;

/// A count of run_statements() that was not met, or a request that is on record.
bool is_already_done(const pg::StatementFailed& error) {
    return error.sqlstate() == "BT002" || error.constraint() == "requests_once";
}

void fail(Batch& batch, const std::exception_ptr& error) {
    for (auto& pending : batch)
        pending.done.set_error(error);
}

}  // namespace

struct RunCommitter::Impl {
    Impl(async::Executor run_on, Writer with, Logger to)
        : executor(run_on), writer(std::move(with)), log(std::move(to)), arrived(run_on), ids_lock(run_on) {}

    async::Executor executor;
    Writer writer;
    Logger log;
    async::Event arrived;
    std::deque<Pending> queue;
    /// Runs in the batches that are being committed.
    std::size_t under_way = 0;
    std::deque<std::int64_t> free_ids;
    async::Mutex ids_lock;
    /// Set when the fence was refused: nothing more is taken.
    std::exception_ptr ended;

    async::Task<void> serve();
    Batch next_batch();
    async::Task<void> give_ids(Batch& batch);
    async::Task<void> commit_batch(Batch& batch);
    async::Task<void> commit_one(Pending& pending);
    async::Task<void> settle_unknown(Batch& batch, int backend_pid);
    async::Task<bool> is_committed(const Batch& batch);
    async::Task<void> write(Batch& batch);
    void end(std::exception_ptr error);
};

RunCommitter::RunCommitter(async::Executor executor, Writer writer, Logger log)
    : impl_(std::make_shared<Impl>(executor, std::move(writer), log.named("RunCommitter"))) {}

RunCommitter::~RunCommitter() = default;

async::Task<CommitResult> RunCommitter::commit(RunCommit run) {
    auto impl = impl_;
    if (impl->ended) std::rethrow_exception(impl->ended);
    async::Promise<CommitResult> done(impl->executor);
    run.is_new = run.run.id == 0;
    run.witness = Uuid::random(Random::system());
    impl->queue.push_back({std::move(run), done});
    impl->arrived.notify();
    co_return co_await done.get();
}

async::Task<void> RunCommitter::run() {
    auto impl = impl_;
    std::vector<async::NamedTask> workers;
    for (std::size_t i = 0; i < concurrent_batches; ++i)
        workers.push_back({"commit", impl->serve()});
    auto all = async::run_all(std::move(workers));
    try {
        co_await std::move(all);
    } catch (...) {
        // Whoever waits for a commit that will not come is told why.
        impl->end(std::current_exception());
        throw;
    }
}

void RunCommitter::Impl::end(std::exception_ptr error) {
    if (!ended) ended = error;
    for (auto& pending : queue)
        pending.done.set_error(ended);
    queue.clear();
    arrived.notify();
}

async::Task<void> RunCommitter::Impl::serve() {
    while (!ended) {
        if (queue.empty()) {
            co_await arrived.wait();
            continue;
        }
        Batch batch = next_batch();
        if (!queue.empty()) arrived.notify();
        under_way += batch.size();
        std::exception_ptr failed;
        try {
            co_await commit_batch(batch);
        } catch (...) {
            failed = std::current_exception();
        }
        under_way -= batch.size();
        if (failed) {
            fail(batch, failed);
            std::rethrow_exception(failed);
        }
    }
}

/// No more than its share of the runs that wait or are under way: callers who wait for their answers send the
/// next runs together, and a batch of nearly all of them would have nothing beside it to share the cores
/// with.
Batch RunCommitter::Impl::next_batch() {
    const std::size_t share = (queue.size() + under_way + concurrent_batches - 1) / concurrent_batches;
    const auto count = static_cast<std::ptrdiff_t>(std::min({queue.size(), share, most_runs_per_batch}));
    const auto end = queue.begin() + count;
    Batch batch(std::move_iterator(queue.begin()), std::move_iterator(end));
    queue.erase(queue.begin(), end);
    return batch;
}

/// New runs get their ids before they are written, so that task rows can refer to them within the same round
/// trip and so that a lost COMMIT answer can be asked for. Unused ids are gaps in a sequence, nothing more.
async::Task<void> RunCommitter::Impl::give_ids(Batch& batch) {
    for (auto& pending : batch) {
        if (pending.run.run.id != 0) continue;
        if (free_ids.empty()) {
            auto guard = co_await ids_lock.lock();
            if (free_ids.empty()) {
                pg::Params params;
                params.add(ids_per_fetch);
                const auto rows = co_await writer.pool->query(
                    "select nextval('pipeline_runs_id_seq') from generate_series(1, $1::bigint)",
                    std::move(params), writer.deadline());
                for (const auto row : rows)
                    free_ids.push_back(row.int64(0));
            }
        }
        pending.run.run.id = free_ids.front();
        free_ids.pop_front();
    }
}

async::Task<void> RunCommitter::Impl::write(Batch& batch) {
    std::vector<const RunCommit*> runs;
    for (const auto& pending : batch)
        runs.push_back(&pending.run);
    auto statements = run_statements(runs, writer.fence.own_schema);
    co_await writer.run_batch(std::move(statements));
}

async::Task<void> RunCommitter::Impl::commit_batch(Batch& batch) {
    // Without ids nothing was tried: one by one the runs would be written with id 0.
    std::exception_ptr not_tried;
    try {
        co_await give_ids(batch);
    } catch (const pg::DatabaseError&) {
        not_tried = std::current_exception();
    } catch (const TimedOut&) {
        not_tried = std::current_exception();
    }
    if (not_tried) {
        fail(batch, not_tried);
        co_return;
    }
    bool refused = false;
    std::optional<int> unknown;
    try {
        co_await write(batch);
    } catch (const pg::FenceRefused&) {
        throw;
    } catch (const pg::CommitUnknown& error) {
        unknown = error.backend_pid();
    } catch (const pg::StatementFailed& error) {
        log.debug("a batch of runs was refused and is retried one by one", {{"reason", error.what()}});
        refused = true;
    } catch (const InvalidInput& error) {
        // A value that cannot even be sent.
        log.debug("a batch of runs cannot be sent and is tried one by one", {{"reason", error.what()}});
        refused = true;
    } catch (const pg::DatabaseError&) {
        // No session: nothing was written, and one by one it would not go better.
        not_tried = std::current_exception();
    } catch (const TimedOut&) {
        not_tried = std::current_exception();
    }
    if (not_tried) {
        fail(batch, not_tried);
        co_return;
    }
    if (unknown) {
        co_await settle_unknown(batch, *unknown);
        co_return;
    }
    if (refused) {
        for (auto& pending : batch)
            co_await commit_one(pending);
        co_return;
    }
    for (auto& pending : batch)
        pending.done.set_value({CommitOutcome::stored, pending.run.run.id});
}

async::Task<void> RunCommitter::Impl::commit_one(Pending& pending) {
    Batch alone;
    alone.push_back(pending);
    std::optional<int> unknown;
    try {
        co_await write(alone);
        pending.done.set_value({CommitOutcome::stored, pending.run.run.id});
    } catch (const pg::FenceRefused&) {
        throw;
    } catch (const pg::CommitUnknown& error) {
        unknown = error.backend_pid();
    } catch (const pg::StatementFailed& error) {
        if (is_already_done(error)) {
            pending.done.set_value({CommitOutcome::already_done, 0});
        } else {
            pending.done.set_error(std::current_exception());
        }
    } catch (const InvalidInput&) {
        pending.done.set_error(std::current_exception());
    } catch (const pg::DatabaseError&) {
        pending.done.set_error(std::current_exception());
    } catch (const TimedOut&) {
        pending.done.set_error(std::current_exception());
    }
    if (unknown) co_await settle_unknown(alone, *unknown);
}

/// The answer to COMMIT was lost: the old backend is ended and seen gone, then the rows themselves tell
/// (leadership.md section 8). Only then the batch is repeated.
async::Task<void> RunCommitter::Impl::settle_unknown(Batch& batch, int backend_pid) {
    const auto patience = async::Deadline::after(unknown_commit_patience);
    log.warn("the answer to a commit was lost; asking the database what happened",
             {{"backend", std::to_string(backend_pid)}, {"runs", std::to_string(batch.size())}});
    std::optional<bool> committed;
    while (!committed) {
        std::exception_ptr failed;
        try {
            pg::Params params;
            params.add(std::int64_t(backend_pid));
            const auto gone = co_await writer.pool->query(
                "select coalesce(bool_or(pg_terminate_backend(pid)), false), count(*) from pg_stat_activity "
                "where pid = $1::int",
                std::move(params), writer.deadline());
            if (gone[0].int64(1) == 0) committed = co_await is_committed(batch);
        } catch (const pg::DatabaseError&) {
            failed = std::current_exception();
        } catch (const TimedOut&) {
            failed = std::current_exception();
        }
        if (committed) break;
        if (failed && patience.passed()) std::rethrow_exception(failed);
        co_await async::sleep_for(std::chrono::milliseconds(20));
    }
    if (*committed) {
        for (auto& pending : batch)
            pending.done.set_value({CommitOutcome::stored, pending.run.run.id});
    } else {
        for (auto& pending : batch)
            co_await commit_one(pending);
    }
}

/// A batch is one transaction, so that one witness speaks for all of it: the row of a new run, or the witness
/// that run_statements() adds when all its runs existed before.
async::Task<bool> RunCommitter::Impl::is_committed(const Batch& batch) {
    for (const auto& pending : batch) {
        if (!pending.run.is_new) continue;
        pg::Params params;
        params.add(pending.run.run.id);
        const auto rows = co_await writer.pool->query("select 1 from pipeline_runs where id = $1::bigint",
                                                      std::move(params), writer.deadline());
        co_return !rows.empty();
    }
    pg::Params params;
    params.add(batch_witness(batch.front().run));
    const auto rows = co_await writer.pool->query(
        "select 1 from " + writer.fence.own_schema + ".requests where job_id = 0 and request_key = $1",
        std::move(params), writer.deadline());
    co_return !rows.empty();
}

}  // namespace baton::store
