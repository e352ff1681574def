#include "baton/store/logs.hpp"

namespace baton::store {

namespace {

void add_heads(std::vector<pg::Statement>& statements, const ProcessedBlocks& blocks) {
    if (blocks.heads.empty()) return;
    pg::ArrayParam hashes, numbers, parents, times, l1_numbers, fees;
    for (const auto& head : blocks.heads) {
        hashes.add(head.hash);
        numbers.add(static_cast<std::int64_t>(head.number));
        parents.add(head.parent_hash);
        times.add(head.timestamp);
        if (head.l1_block_number) {
            l1_numbers.add(static_cast<std::int64_t>(*head.l1_block_number));
        } else {
            l1_numbers.add_null();
        }
        fees.add(head.base_fee_per_gas);
    }
    pg::Params params;
    params.add(hashes.text())
        .add(numbers.text())
        .add(parents.text())
        .add(times.text())
        .add(l1_numbers.text())
        .add(fees.text())
        .add(blocks.chain_id);
    statements.push_back(
        {"insert into evm_heads (hash, number, parent_hash, created_at, timestamp, l1_block_number, "
         "evm_chain_id, "
         "base_fee_per_gas) "
         "select u.hash, u.number, u.parent, now(), u.time, u.l1, $7::numeric, u.fee from "
         "unnest($1::bytea[], "
         "$2::bigint[], $3::bytea[], $4::timestamptz[], $5::bigint[], $6::numeric[]) "
         "as u (hash, number, parent, time, l1, fee) on conflict (evm_chain_id, hash) do nothing",
         std::move(params)});
    pg::Params trim;
    trim.add(blocks.chain_id).add(std::int64_t(blocks.head_history_depth));
    statements.push_back(
        {"delete from evm_heads where evm_chain_id = $1::numeric and number < (select min(number) from "
         "(select number from evm_heads where evm_chain_id = $1::numeric order by number desc limit "
         "$2::bigint) newest)",
         std::move(trim)});
}

void add_seen(std::vector<pg::Statement>& statements, const ProcessedBlocks& blocks) {
    if (blocks.seen.empty()) return;
    pg::ArrayParam jobs, hashes, indexes, numbers;
    for (const auto& seen : blocks.seen) {
        jobs.add(seen.job_id);
        hashes.add(seen.key.block_hash);
        indexes.add(static_cast<std::int64_t>(seen.key.log_index));
        numbers.add(static_cast<std::int64_t>(seen.block_number));
    }
    pg::Params params;
    params.add(jobs.text()).add(hashes.text()).add(indexes.text()).add(numbers.text()).add(blocks.chain_id);
    // A job may have been deleted since its log was matched: the join leaves its rows out.
    auto same = params;
    statements.push_back(
        {"insert into log_broadcasts (job_id, block_hash, log_index, block_number, consumed, created_at, "
         "updated_at, "
         "evm_chain_id) "
         "select u.job, u.hash, u.index, u.number, false, now(), now(), $5::numeric from unnest($1::int[], "
         "$2::bytea[], $3::bigint[], $4::bigint[]) as u (job, hash, index, number) join jobs j on j.id = "
         "u.job "
         "on conflict (job_id, block_hash, log_index, evm_chain_id) do nothing",
         std::move(params)});
    // A statement of its own, so that it sees what was inserted.
    statements.push_back(
        {"select b.job_id, b.block_hash, b.log_index, u.number from unnest($1::int[], $2::bytea[], "
         "$3::bigint[], $4::bigint[]) as u (job, hash, index, number) join log_broadcasts b on b.job_id = "
         "u.job and b.block_hash = u.hash and b.log_index = u.index and b.evm_chain_id = $5::numeric "
         "where not b.consumed",
         std::move(same)});
}

void add_orphaned(std::vector<pg::Statement>& statements, const ProcessedBlocks& blocks) {
    if (blocks.orphaned.empty()) return;
    pg::ArrayParam hashes, indexes;
    for (const auto& key : blocks.orphaned) {
        hashes.add(key.block_hash);
        indexes.add(static_cast<std::int64_t>(key.log_index));
    }
    pg::Params params;
    params.add(hashes.text()).add(indexes.text()).add(blocks.chain_id);
    statements.push_back(
        {"delete from log_broadcasts b using unnest($1::bytea[], $2::bigint[]) as u (hash, index) "
         "where b.block_hash = u.hash and b.log_index = u.index and b.evm_chain_id = $3::numeric "
         "and not b.consumed",
         std::move(params)});
}

void add_progress(std::vector<pg::Statement>& statements, const ProcessedBlocks& blocks,
                  const std::string& own_schema) {
    pg::Params pending;
    pending.add(blocks.chain_id);
    if (blocks.lowest_pending) {
        pending.add(*blocks.lowest_pending);
    } else {
        pending.add_null();
    }
    statements.push_back(
        {"insert into log_broadcasts_pending (evm_chain_id, block_number, created_at, updated_at) "
         "values ($1::numeric, $2::bigint, now(), now()) "
         "on conflict (evm_chain_id) do update set block_number = excluded.block_number, updated_at = now()",
         std::move(pending)});
    pg::Params progress;
    progress.add(blocks.chain_id).add(blocks.processed_number).add(blocks.processed_hash);
    statements.push_back({"insert into " + own_schema +
                              ".chain_progress (chain_id, block_number, block_hash, updated_at) "
                              "values ($1::numeric, $2::bigint, $3::bytea, now()) "
                              "on conflict (chain_id) do update set block_number = excluded.block_number, "
                              "block_hash = excluded.block_hash, updated_at = now()",
                          std::move(progress)});
}

std::optional<std::uint64_t> optional_number(const pg::Row& row, int column) {
    const auto value = row.opt_int64(column);
    if (!value) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}

/// Columns job, block hash, log index, block number.
std::vector<Broadcast> read_broadcasts(const pg::Result& rows) {
    std::vector<Broadcast> broadcasts;
    for (const auto row : rows) {
        Broadcast one;
        one.job_id = row.int32(0);
        one.key.block_hash = row.hash(1);
        one.key.log_index = static_cast<std::uint64_t>(row.int64(2));
        one.block_number = static_cast<std::uint64_t>(row.int64(3));
        broadcasts.push_back(one);
    }
    return broadcasts;
}

std::string array_of(const std::vector<std::int32_t>& jobs) {
    pg::ArrayParam array;
    for (const auto id : jobs)
        array.add(id);
    return array.text();
}

}  // namespace

async::Task<std::vector<Broadcast>> record_blocks(Writer writer, ProcessedBlocks blocks) {
    std::vector<pg::Statement> statements;
    add_heads(statements, blocks);
    add_orphaned(statements, blocks);
    add_seen(statements, blocks);
    const auto waiting = statements.size() - 1;
    add_progress(statements, blocks, writer.fence.own_schema);
    const auto results = co_await writer.run_batch(std::move(statements));
    if (blocks.seen.empty()) co_return std::vector<Broadcast>();
    co_return read_broadcasts(results[waiting]);
}

async::Task<void> mark_consumed(Writer writer, std::int32_t job_id, BigInt chain_id, model::LogKey key,
                                std::uint64_t block_number) {
    pg::Params params;
    params.add(job_id).add(key.block_hash).add(key.log_index).add(chain_id).add(block_number);
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"insert into log_broadcasts (job_id, block_hash, log_index, evm_chain_id, block_number, consumed, "
         "created_at, "
         "updated_at) "
         "select id, $2::bytea, $3::bigint, $4::numeric, $5::bigint, true, now(), now() from jobs where id = "
         "$1::int "
         "on conflict (job_id, block_hash, log_index, evm_chain_id) do update set consumed = true, "
         "updated_at = now()",
         std::move(params)});
    co_await writer.run_batch(std::move(statements));
}

async::Task<bool> is_consumed(pg::Pool& pool, std::int32_t job_id, BigInt chain_id, model::LogKey key,
                              async::Deadline deadline) {
    pg::Params params;
    params.add(job_id).add(key.block_hash).add(key.log_index).add(chain_id);
    const auto rows = co_await pool.query(
        "select exists (select from log_broadcasts where job_id = $1::int and block_hash = $2::bytea and "
        "log_index = $3::bigint and evm_chain_id = $4::numeric and consumed)",
        std::move(params), deadline);
    co_return rows[0].boolean(0);
}

async::Task<std::vector<Broadcast>> load_unconsumed(pg::Pool& pool, BigInt chain_id,
                                                    std::vector<std::int32_t> jobs,
                                                    async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id).add(array_of(jobs));
    const auto rows = co_await pool.query(
        "select job_id, block_hash, log_index, block_number from log_broadcasts where evm_chain_id = "
        "$1::numeric and job_id = any($2::int[]) and not consumed and block_number is not null",
        std::move(params), deadline);
    co_return read_broadcasts(rows);
}

async::Task<ResumePoint> load_resume_point(pg::Pool& pool, std::string own_schema, BigInt chain_id,
                                           std::vector<std::int32_t> jobs, async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id).add(array_of(jobs));
    // Every writer of log_broadcasts_pending is either Baton, in the transaction that also writes
    // chain_progress, or a v1.11.0, which knows nothing of chain_progress: the newer time stamp tells who
    // processed blocks last.
    const auto rows = co_await pool.query(
        "select (select block_number from " + own_schema +
            ".chain_progress where chain_id = $1::numeric), "
            "(select min(block_number) from log_broadcasts where evm_chain_id = $1::numeric and not "
            "consumed and job_id = any($2::int[])), "
            "(select block_number from log_broadcasts_pending where evm_chain_id = $1::numeric), "
            "(select max(number) from evm_heads where evm_chain_id = $1::numeric), "
            "coalesce((select p.updated_at from " +
            own_schema +
            ".chain_progress p where p.chain_id = $1::numeric) >= "
            "coalesce((select updated_at from log_broadcasts_pending where evm_chain_id = $1::numeric), "
            "'-infinity'), "
            "false)",
        std::move(params), deadline);
    ResumePoint point;
    point.processed = optional_number(rows[0], 0);
    point.lowest_unconsumed = optional_number(rows[0], 1);
    point.lowest_pending = optional_number(rows[0], 2);
    point.highest_head = optional_number(rows[0], 3);
    point.progress_is_current = rows[0].boolean(4);
    co_return point;
}

}  // namespace baton::store
