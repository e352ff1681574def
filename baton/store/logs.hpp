#pragma once

#include "baton/model/head.hpp"
#include "baton/model/log.hpp"
#include "baton/store/writer.hpp"

#include <optional>
#include <vector>

namespace baton::store {

/// A log matched to a job: a row of log_broadcasts.
struct Broadcast {
    std::int32_t job_id = 0;
    model::LogKey key;
    std::uint64_t block_number = 0;
};

/// COMMIT 1: what one processed range of blocks adds.
struct ProcessedBlocks {
    BigInt chain_id;
    /// Heads to keep in evm_heads (newest last); rows deeper than head_history_depth are trimmed.
    std::vector<model::Head> heads;
    std::uint32_t head_history_depth = 100;
    /// Logs matched to a job: inserted unconsumed; rows that exist are left as they are.
    std::vector<Broadcast> seen;
    /// Logs of orphaned blocks: their unconsumed rows are deleted.
    std::vector<model::LogKey> orphaned;
    /// All logs up to and including this block are recorded.
    std::uint64_t processed_number = 0;
    Hash processed_hash;
    /// Lowest block with a log that is recorded but not consumed, for log_broadcasts_pending.
    std::optional<std::uint64_t> lowest_pending;
};
/// Gives those of `seen` that wait, that is, that are on record and not consumed; one whose job is gone is
/// not.
async::Task<std::vector<Broadcast>> record_blocks(Writer writer, ProcessedBlocks blocks);

/// Rejected logs: consumed without a run.
async::Task<void> mark_consumed(Writer writer, std::int32_t job_id, BigInt chain_id, model::LogKey key,
                                std::uint64_t block_number);

/// The row is there and consumed.
async::Task<bool> is_consumed(pg::Pool& pool, std::int32_t job_id, BigInt chain_id, model::LogKey key,
                              async::Deadline deadline);
/// Rows of these jobs that wait.
async::Task<std::vector<Broadcast>> load_unconsumed(pg::Pool& pool, BigInt chain_id,
                                                    std::vector<std::int32_t> jobs, async::Deadline deadline);

/// Where back-fill starts after a takeover: the lowest block whose logs may not all be recorded or consumed,
/// from chain_progress, unconsumed rows, log_broadcasts_pending and the highest row of evm_heads. Nothing on
/// a fresh chain. Only rows of `jobs` count: those of jobs that this version leaves alone are never consumed.
struct ResumePoint {
    std::optional<std::uint64_t> processed;
    std::optional<std::uint64_t> lowest_unconsumed;
    std::optional<std::uint64_t> lowest_pending;
    std::optional<std::uint64_t> highest_head;
    /// True when chain_progress was written later than the last row that a v1.11.0 wrote, so that it can be
    /// believed.
    bool progress_is_current = false;
};
async::Task<ResumePoint> load_resume_point(pg::Pool& pool, std::string own_schema, BigInt chain_id,
                                           std::vector<std::int32_t> jobs, async::Deadline deadline);

}  // namespace baton::store
