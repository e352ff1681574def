#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/eth/head_chain.hpp"
#include "baton/eth/rpc_client.hpp"
#include "baton/jobs/directrequest/log_cursor.hpp"
#include "baton/jobs/directrequest/pending_logs.hpp"
#include "baton/jobs/directrequest/watched_jobs.hpp"
#include "baton/model/chain.hpp"
#include "baton/store/logs.hpp"

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace baton::jobs {

/// Reads the requests of the watched jobs off one chain and records them (COMMIT 1): new blocks, those that
/// former leaders did not get to, and those that took the place of others. Loop thread only, one step at a
/// time; a step that throws (Error, pg::DatabaseError, TimedOut, pg::FenceRefused, Cancelled) has changed
/// nothing that repeating it does not mend.
class RequestReader {
  public:
    /// `rpc` and `heads` outlive it.
    RequestReader(store::Writer writer, eth::RpcClient& rpc, const eth::HeadChain& heads,
                  model::ChainSettings chain, Logger log);

    WatchedJobs& watched() { return watched_; }
    /// What is recorded and not consumed.
    PendingLogs& pending() { return pending_; }
    /// A watched job that came just now: read_for_new_jobs() looks at the blocks before as well.
    void find_earlier_requests(std::int32_t job_id);
    void forget(std::int32_t job_id);

    /// Finds out where former leaders stopped, and what they left. Before every other step, once.
    async::Task<void> start(std::uint64_t head);
    /// The blocks up to `head`, the newest; where they are too many, the last of them, and a gap remains.
    async::Task<void> read_up_to(std::uint64_t head);
    /// As v1.11.0 does for a listener that is registered late (reference/evm.md section 5.5).
    async::Task<void> read_for_new_jobs();
    /// Asks again, once per head, for logs that are on record and were missing where they belong.
    async::Task<void> read_missing(std::uint64_t head);
    bool has_gap() const { return cursor_.gap().has_value(); }
    /// The next blocks of the gap, one chunk.
    async::Task<void> read_gap();

    /// Nothing when the endpoint does not know the log's block.
    async::Task<std::optional<bool>> is_canonical(model::Log log);
    /// Blocks above `fork` left the chain: they are read again with the next head.
    void rewind_to(std::uint64_t fork);

  private:
    /// A log that is a job's request.
    struct Found {
        std::int32_t job_id = 0;
        model::Log log;
        std::uint32_t confirmations = 1;

        PendingLogs::Id id() const { return {job_id, model::key_of(log)}; }
    };

    struct Chunk {
        std::vector<Found> found;
        /// Of its last block.
        Hash hash;
    };

    async::Task<std::vector<Found>> read(std::uint64_t from, std::uint64_t to,
                                         std::optional<std::int32_t> only_job);
    async::Task<Chunk> read_chunk(std::uint64_t from, std::uint64_t to);
    async::Task<void> read_live(std::uint64_t from, std::uint64_t to);
    async::Task<void> record(store::ProcessedBlocks blocks, std::vector<Found> found, LogCursor advanced);
    std::optional<std::uint64_t> lowest_waiting(const std::vector<Found>& found,
                                                const LogCursor& advanced) const;
    async::Task<void> settle_unseen(std::uint64_t from, std::uint64_t to, std::vector<Found> found);
    async::Task<std::uint64_t> fork_below(std::uint64_t head);
    async::Task<std::optional<Hash>> known_hash_of(std::uint64_t number);
    async::Task<Hash> hash_of(std::uint64_t number);

    store::Writer writer_;
    eth::RpcClient& rpc_;
    const eth::HeadChain& heads_;
    model::ChainSettings chain_;
    Logger log_;
    WatchedJobs watched_;
    PendingLogs pending_;
    LogCursor cursor_;
    std::set<std::int32_t> new_jobs_;
    /// Unconsumed rows of former epochs whose log was not read again yet, with the number of its block.
    std::map<PendingLogs::Id, std::uint64_t> unseen_;
    std::uint64_t missing_asked_at_ = 0;
    /// Logs of blocks that left the chain, whose rows are still to be deleted.
    std::vector<model::LogKey> orphaned_;
};

}  // namespace baton::jobs
