#pragma once

#include "baton/model/log.hpp"
#include "baton/model/run.hpp"
#include "baton/model/transaction.hpp"
#include "baton/store/writer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::store {

/// The log that a run consumes: must be unconsumed, else nothing is committed.
struct ConsumedLog {
    std::int32_t job_id = 0;
    BigInt chain_id;
    model::LogKey key;
    std::uint64_t block_number = 0;
};

/// The request that was recorded under a key, if any (webhook idempotency, repeats under another block hash).
struct RecordedRequest {
    std::int64_t run_id = 0;
    std::int32_t attempt = 0;
    std::optional<Bytes> body_hash;
};
/// Everything that COMMIT 2 writes for one run, or one resumption of it.
struct RunCommit {
    std::int32_t job_id = 0;
    /// id 0: a new run, given an id by the committer. Otherwise an existing row (resumed or inherited) that
    /// must still be in state running or suspended.
    model::Run run;
    /// As pipeline.md section 13.2 says: false leaves out the task rows of a wholly successful run.
    bool save_task_runs = true;
    std::vector<model::NewTransaction> transactions;
    std::optional<ConsumedLog> consumed_log;
    /// Key of the row of baton.requests; absent for runs that are nobody's request (resumptions).
    std::optional<std::string> request_key;
    std::optional<Bytes> body_hash;
    /// The request was recorded with a run whose transactions were given up: its row goes over to this run if
    /// it still is what was read.
    std::optional<RecordedRequest> replaces;

    /// Filled in by the committer.
    bool is_new = false;
    Uuid witness;
};

enum class CommitOutcome {
    stored,
    /// The log had been consumed or the request recorded before: nothing was written, the effect exists
    /// already.
    already_done,
};
struct CommitResult {
    CommitOutcome outcome = CommitOutcome::stored;
    std::int64_t run_id = 0;
};

/// Group commit: collects what arrives while the previous batch is under way and commits it as one fenced
/// transaction with one round trip. A batch that fails for another reason than the fence is split and retried
/// one by one, so that one poisoned run does not take its neighbours along (leadership.md section 8). After a
/// lost COMMIT answer the batch's key tells whether it happened. One per epoch; run() is spawned by the
/// epoch's task group.
class RunCommitter {
  public:
    RunCommitter(async::Executor executor, Writer writer, Logger log);
    ~RunCommitter();
    /// Serves commits until cancelled. Throws pg::FenceRefused when this instance no longer leads (after
    /// failing all waiters).
    async::Task<void> run();
    /// Ends when committed (or refused): throws pg::StatementFailed or InvalidInput (a text with a zero byte)
    /// for what is wrong with this run alone, pg::FenceRefused, Cancelled; pg::DatabaseError or TimedOut when
    /// there was no session to write with.
    async::Task<CommitResult> commit(RunCommit run);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

/// Unfinished runs in state `running` that existed before this epoch: v1.11.0 leaves them; ours end in one
/// commit.
async::Task<std::vector<model::Run>> load_running(pg::Pool& pool, async::Deadline deadline);
/// A suspended or running run by the UUID of one of its tasks.
async::Task<std::optional<model::Run>> find_by_task(pg::Pool& pool, Uuid task_id, async::Deadline deadline);
/// Stores the result (JSON text or error) of a pending task of a run that is not over, which then is in state
/// running; gives the id of the run.
struct Delivery {
    std::int64_t run_id = 0;
    /// False when the task had a result already: nothing was written.
    bool stored = false;
};
/// Nothing when no such run has that task. Throws pg::StatementFailed for a value that cannot be stored.
async::Task<std::optional<Delivery>> deliver_result(Writer writer, Uuid task_id,
                                                    std::optional<std::string> output_json,
                                                    std::optional<std::string> error);
/// Task ids of suspended runs whose transaction has a receipt at or below head - min_confirmations, with
/// receipt JSON, status and eth_txes.meta (reference/evm.md section 6.6 step 6), and those whose transaction
/// is fatal.
struct Resumable {
    Uuid task_id;
    std::int64_t run_id = 0;
    std::string receipt_json;
    Hash tx_hash;
    bool reverted = false;
    bool fail_on_revert = false;
    std::optional<std::string> fatal_error;
};
async::Task<std::vector<Resumable>> find_resumable(pg::Pool& pool, BigInt chain_id, std::uint64_t head,
                                                   async::Deadline deadline);
/// A transaction, not given up, that was made for a run.
struct MadeTransaction {
    BigInt chain_id;
    Address to;
    Bytes payload;
};
/// Transactions that answer a direct request and are not older than its run: by the request id in their
/// payload, where every fulfilment has it, or in eth_txes.meta, where v1.11.0 has it if the job's txMeta
/// names it.
async::Task<std::vector<MadeTransaction>> transactions_for_request(pg::Pool& pool, std::int32_t job_id,
                                                                   std::string request_id,
                                                                   WallTime run_created_at,
                                                                   async::Deadline deadline);
/// The run had transactions, and each of them is fatal.
async::Task<bool> is_given_up(pg::Pool& pool, std::int64_t run_id, async::Deadline deadline);

struct RunPage {
    std::vector<model::Run> runs;
    std::int64_t count = 0;
};
/// Newest first; of one job or of all.
async::Task<RunPage> list_runs(pg::Pool& pool, std::optional<std::int32_t> job_id, std::int64_t offset,
                               std::int64_t limit, async::Deadline deadline);
async::Task<std::optional<model::Run>> find_run(pg::Pool& pool, std::int64_t id, async::Deadline deadline);
/// Removes a stored run that failEarly stopped, with its task rows (reference/pipeline.md section 11.1); one
/// that is finished stays.
async::Task<void> delete_unfinished_run(Writer writer, std::int64_t id);
/// Deletes finished runs older than the threshold in batches of 1000, but none that a caller's
/// Idempotency-Key still stands for; gives the number of deleted ones.
async::Task<std::int64_t> reap_runs(Writer writer, std::chrono::nanoseconds threshold);

async::Task<std::optional<RecordedRequest>> find_request(pg::Pool& pool, std::string own_schema,
                                                         std::int32_t job_id, std::string request_key,
                                                         async::Deadline deadline);
/// Records the requests of runs that v1.11.0 made or began (of the last day and unfinished ones), so that one
/// that a reorganisation moves to another block is recognised.
async::Task<void> adopt_requests(Writer writer);
/// Forgets requests older than the threshold, but none that is younger than a transaction that is still under
/// way: a request is remembered at least as long as its committed bytes (leadership.md section 8). Gives the
/// number of deleted rows.
async::Task<std::int64_t> reap_requests(Writer writer, std::chrono::nanoseconds threshold);

}  // namespace baton::store
