#include "baton/jobs/directrequest/request_reader.hpp"

#include "baton/jobs/directrequest/oracle_request.hpp"
#include "baton/store/runs.hpp"

#include <algorithm>

namespace baton::jobs {

namespace {

constexpr auto rpc_timeout = std::chrono::seconds(10);
/// Blocks that are asked for again with each head because a log of theirs is missing.
constexpr std::size_t most_missing_blocks = 8;

async::Deadline rpc_deadline() {
    return async::Deadline::after(rpc_timeout);
}

}  // namespace

RequestReader::RequestReader(store::Writer writer, eth::RpcClient& rpc, const eth::HeadChain& heads,
                             model::ChainSettings chain, Logger log)
    : writer_(std::move(writer)), rpc_(rpc), heads_(heads), chain_(std::move(chain)), log_(std::move(log)) {}

void RequestReader::find_earlier_requests(std::int32_t job_id) {
    if (watched_.find(job_id)) new_jobs_.insert(job_id);
}

void RequestReader::forget(std::int32_t job_id) {
    watched_.remove(job_id);
    new_jobs_.erase(job_id);
    std::erase_if(unseen_, [job_id](const auto& one) { return one.first.first == job_id; });
    pending_.remove_job(job_id);
}

async::Task<void> RequestReader::start(std::uint64_t head) {
    const auto jobs = watched_.ids();
    const auto point = co_await store::load_resume_point(*writer_.pool, writer_.fence.own_schema,
                                                         chain_.chain_id, jobs, writer_.deadline());
    if (!point.progress_is_current) co_await store::adopt_requests(writer_);
    ReadingDepths depths;
    depths.most_confirmations = watched_.most_confirmations();
    depths.finality = chain_.finality_depth;
    depths.backfill = chain_.block_backfill_depth;
    depths.backfill_skip = chain_.block_backfill_skip;
    const auto first = first_block_to_read(point, head, depths);
    const auto rows =
        co_await store::load_unconsumed(*writer_.pool, chain_.chain_id, jobs, writer_.deadline());
    unseen_.clear();
    for (const auto& row : rows) {
        if (watched_.find(row.job_id)) unseen_[{row.job_id, row.key}] = row.block_number;
    }
    cursor_.start(first);
    log_.info("reading logs", {{"fromBlock", std::to_string(first)}, {"head", std::to_string(head)}});
}

/// Logs of the blocks [from, to] that belong to a job and are not known to be consumed.
async::Task<std::vector<RequestReader::Found>> RequestReader::read(std::uint64_t from, std::uint64_t to,
                                                                   std::optional<std::int32_t> only_job) {
    eth::RpcClient::LogQuery query;
    query.from_block = from;
    query.to_block = to;
    query.topics.push_back(oracle_request_topic());
    const auto* only = only_job ? watched_.find(*only_job) : nullptr;
    if (!only_job) query.addresses = watched_.contracts();
    if (only) query.addresses.push_back(only->contract);
    const auto logs = co_await rpc_.logs(std::move(query), rpc_deadline());
    std::vector<Found> found;
    for (const auto& log : logs) {
        if (heads_.is_canonical(log.block_number, log.block_hash) == false)
            throw Error("the endpoint gave a log of block " + std::to_string(log.block_number) +
                        " that is not the one of the heads it announced");
        for (const auto* one : watched_.of(log)) {
            Found request{one->job->job.id, log, one->confirmations};
            if (only_job && *only_job != request.job_id) continue;
            if (pending_.is_known(request.id()) && !pending_.find(request.id())) continue;
            found.push_back(std::move(request));
        }
    }
    co_return found;
}

/// Nothing when the endpoint does not know the block.
async::Task<std::optional<Hash>> RequestReader::known_hash_of(std::uint64_t number) {
    if (const auto known = heads_.at(number)) co_return known->hash;
    const auto head = co_await rpc_.head_by_number(number, rpc_deadline());
    if (!head) co_return std::nullopt;
    co_return head->hash;
}

async::Task<Hash> RequestReader::hash_of(std::uint64_t number) {
    const auto hash = co_await known_hash_of(number);
    if (!hash) throw Error("the endpoint does not know block " + std::to_string(number) + " yet");
    co_return *hash;
}

std::optional<std::uint64_t> RequestReader::lowest_waiting(const std::vector<Found>& found,
                                                           const LogCursor& advanced) const {
    auto lowest = pending_.lowest_block();
    const auto consider = [&lowest](std::uint64_t number) {
        lowest = std::min(lowest.value_or(number), number);
    };
    for (const auto& one : found)
        consider(one.log.block_number);
    for (const auto& [id, number] : unseen_)
        consider(number);
    if (const auto gap = advanced.gap()) consider(gap->from);
    return lowest;
}

/// COMMIT 1; `advanced` is the state of reading that it stands for. On an error nothing has changed, so that
/// the same blocks are read again. Only what is on record is pending: COMMIT 2 of anything else would find
/// no row to consume.
async::Task<void> RequestReader::record(store::ProcessedBlocks blocks, std::vector<Found> found,
                                        LogCursor advanced) {
    blocks.chain_id = chain_.chain_id;
    blocks.head_history_depth = chain_.head_history_depth;
    blocks.orphaned = orphaned_;
    blocks.processed_number = advanced.contiguous();
    // The hash is not at hand where reading began; nobody needs it there.
    blocks.processed_hash = advanced.hash_at(advanced.contiguous()).value_or(Hash{});
    blocks.lowest_pending = lowest_waiting(found, advanced);
    for (const auto& one : found)
        blocks.seen.push_back({one.job_id, model::key_of(one.log), one.log.block_number});
    const auto waiting = co_await store::record_blocks(writer_, std::move(blocks));
    orphaned_.clear();
    cursor_ = std::move(advanced);
    std::set<PendingLogs::Id> wait;
    for (const auto& row : waiting)
        wait.insert({row.job_id, row.key});
    for (const auto& one : found) {
        unseen_.erase(one.id());
        // A former leader consumed the others.
        if (wait.contains(one.id()) && watched_.find(one.job_id))
            pending_.add(one.job_id, one.log, one.confirmations);
    }
}

/// Rows of former epochs whose log was not among those of [from, to], where it belongs: they are given up
/// when their block left the chain. While it stands the endpoint's answer was incomplete, and
/// read_missing() asks again.
async::Task<void> RequestReader::settle_unseen(std::uint64_t from, std::uint64_t to,
                                               std::vector<Found> found) {
    std::set<PendingLogs::Id> seen;
    for (const auto& one : found)
        seen.insert(one.id());
    std::vector<std::pair<PendingLogs::Id, std::uint64_t>> lacking;
    for (const auto& [id, number] : unseen_) {
        if (number >= from && number <= to && !seen.contains(id)) lacking.emplace_back(id, number);
    }
    for (const auto& [id, number] : lacking) {
        const auto hash = co_await known_hash_of(number);
        if (hash && *hash != id.second.block_hash) {
            orphaned_.push_back(id.second);
            unseen_.erase(id);
            continue;
        }
        log_.warn("the endpoint did not give a log that is on record; it is asked again with every block",
                  {{"jobID", std::to_string(id.first)}, {"block", std::to_string(number)}});
    }
}

async::Task<void> RequestReader::read_missing(std::uint64_t head) {
    if (unseen_.empty() || missing_asked_at_ == head) co_return;
    missing_asked_at_ = head;
    std::set<std::uint64_t> numbers;
    for (const auto& [id, number] : unseen_) {
        if (number <= cursor_.contiguous()) numbers.insert(number);
    }
    std::size_t asked = 0;
    for (const auto number : numbers) {
        if (++asked > most_missing_blocks) break;
        auto found = co_await read(number, number, std::nullopt);
        co_await settle_unseen(number, number, found);
        if (found.empty() && orphaned_.empty()) continue;
        store::ProcessedBlocks no_heads;
        co_await record(std::move(no_heads), std::move(found), cursor_);
    }
}

/// The highest block that is read and still part of the chain whose newest block is `head`. Where the heads
/// do not reach, after a jump, the endpoint is asked.
async::Task<std::uint64_t> RequestReader::fork_below(std::uint64_t head) {
    std::map<std::uint64_t, bool> answers;
    for (;;) {
        std::optional<std::uint64_t> unknown;
        Hash expected;
        const auto fork = cursor_.fork([&](std::uint64_t number, const Hash& hash) -> std::optional<bool> {
            const auto known = heads_.is_canonical(number, hash);
            if (known) return known;
            if (answers.contains(number)) return answers.at(number);
            unknown = number;
            expected = hash;
            return std::nullopt;
        });
        // An endpoint that is behind what is read cannot tell.
        if (!unknown || *unknown > head) co_return fork;
        const auto hash = co_await hash_of(*unknown);
        answers[*unknown] = hash == expected;
    }
}

void RequestReader::rewind_to(std::uint64_t fork) {
    log_.warn("the chain was reorganised; its logs are read again",
              {{"fork", std::to_string(fork)}, {"processed", std::to_string(cursor_.processed())}});
    const auto keys = pending_.orphan_above(fork);
    orphaned_.insert(orphaned_.end(), keys.begin(), keys.end());
    cursor_.rewind(fork);
}

async::Task<void> RequestReader::read_up_to(std::uint64_t head) {
    const auto fork = co_await fork_below(head);
    if (fork < cursor_.processed()) rewind_to(fork);
    const std::uint64_t most = std::max(chain_.log_backfill_batch_size, 1U);
    if (head > cursor_.processed() + most) {
        const auto number = head - most;
        const auto hash = co_await hash_of(number);
        cursor_.leave_to_back_fill(number, hash);
    }
    if (cursor_.processed() < head) co_await read_live(cursor_.processed() + 1, head);
}

/// The logs of [from, to], of which no block was replaced meanwhile.
async::Task<RequestReader::Chunk> RequestReader::read_chunk(std::uint64_t from, std::uint64_t to) {
    Chunk chunk;
    chunk.hash = co_await hash_of(to);
    chunk.found = co_await read(from, to, std::nullopt);
    co_await settle_unseen(from, to, chunk.found);
    const auto hash = co_await hash_of(to);
    if (hash != chunk.hash)
        throw Error("block " + std::to_string(to) + " was replaced while its logs were read");
    co_return chunk;
}

async::Task<void> RequestReader::read_live(std::uint64_t from, std::uint64_t to) {
    auto chunk = co_await read_chunk(from, to);
    store::ProcessedBlocks blocks;
    for (auto number = from; number <= to; ++number) {
        if (const auto known = heads_.at(number)) blocks.heads.push_back(*known);
    }
    auto advanced = cursor_;
    advanced.advance(to, chunk.hash);
    const std::uint64_t window = std::max(chain_.finality_depth, watched_.most_confirmations());
    const auto keep = to > window ? to - window : 0;
    advanced.forget_below(keep);
    co_await record(std::move(blocks), std::move(chunk.found), std::move(advanced));
    if (!cursor_.gap()) pending_.forget_below(keep);
}

async::Task<void> RequestReader::read_gap() {
    const auto gap = *cursor_.gap();
    const std::uint64_t most = std::max(chain_.log_backfill_batch_size, 1U);
    const auto to = std::min<std::uint64_t>(gap.to, gap.from + most - 1);
    auto chunk = co_await read_chunk(gap.from, to);
    auto advanced = cursor_;
    advanced.close_gap_to(to, chunk.hash);
    store::ProcessedBlocks no_heads;
    co_await record(std::move(no_heads), std::move(chunk.found), std::move(advanced));
}

async::Task<void> RequestReader::read_for_new_jobs() {
    while (!new_jobs_.empty()) {
        const auto id = *new_jobs_.begin();
        const auto processed = cursor_.processed();
        const auto depth = std::uint64_t(chain_.block_backfill_depth);
        std::vector<Found> found;
        if (processed > 0) found = co_await read(processed > depth ? processed - depth : 0, processed, id);
        if (!found.empty()) {
            store::ProcessedBlocks no_heads;
            co_await record(std::move(no_heads), std::move(found), cursor_);
        }
        new_jobs_.erase(id);
    }
}

async::Task<std::optional<bool>> RequestReader::is_canonical(model::Log log) {
    const auto hash = co_await known_hash_of(log.block_number);
    if (!hash) co_return std::nullopt;
    co_return *hash == log.block_hash;
}

}  // namespace baton::jobs
