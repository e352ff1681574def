#include "baton/jobs/directrequest/direct_requests.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/jobs/directrequest/log_cursor.hpp"
#include "baton/jobs/directrequest/oracle_request.hpp"
#include "baton/jobs/directrequest/request_runner.hpp"
#include "baton/jobs/directrequest/watched_jobs.hpp"
#include "baton/store/logs.hpp"
#include "baton/store/problem.hpp"
#include "baton/store/transactions.hpp"

#include <algorithm>
#include <set>

namespace baton::jobs {

namespace {

/// Requests that are executed side by side; more would only wait for each other's commits and adapters. A job
/// whose adapter is slow leaves room for the others.
constexpr std::size_t most_running = 256;
constexpr std::size_t most_running_of_a_job = 64;
constexpr auto rpc_timeout = std::chrono::seconds(10);
/// Doubled from one failure to the next: that an endpoint does not know its own newest block yet is over
/// soon.
constexpr auto first_pause_after_error = std::chrono::milliseconds(50);
constexpr auto longest_pause_after_error = std::chrono::milliseconds(1000);
/// Blocks that are asked for again with each head because a log of theirs is missing.
constexpr std::size_t most_missing_blocks = 8;

/// A log that is a job's request.
struct Found {
    std::int32_t job_id = 0;
    model::Log log;
    std::uint32_t confirmations = 1;

    PendingLogs::Id id() const { return {job_id, model::key_of(log)}; }
};

}  // namespace

struct DirectRequests::Impl : std::enable_shared_from_this<DirectRequests::Impl> {
    Impl(async::Executor run_on, Dependencies dependencies)
        : executor(run_on),
          use(std::move(dependencies)),
          runner(*use.runs, use.writer, use.chain, use.log),
          wake(run_on),
          ended(run_on),
          group(run_on, [this](const std::string&, std::exception_ptr error) { fail(error); }) {}

    async::Executor executor;
    Dependencies use;
    RequestRunner runner;
    async::Event wake;
    async::Event ended;
    async::TaskGroup group;
    PendingLogs pending;
    LogCursor cursor;
    WatchedJobs watched;
    std::set<std::int32_t> new_jobs;
    /// Unconsumed rows of former epochs whose log was not read again yet, with the number of its block.
    std::map<PendingLogs::Id, std::uint64_t> unseen;
    std::uint64_t missing_asked_at = 0;
    /// Logs of blocks that left the chain, whose rows are still to be deleted.
    std::vector<model::LogKey> orphaned;
    std::optional<model::Head> newest;
    std::exception_ptr failed;
    /// prepare() is done.
    bool prepared = false;
    bool taking = true;

    async::Deadline rpc_deadline() const { return async::Deadline::after(rpc_timeout); }

    async::Task<void> serve();
    async::Task<void> pass();
    async::Task<void> prepare();
    async::Task<void> process();
    async::Task<void> process_live(model::Head head);
    async::Task<void> process_gap();
    async::Task<void> process_new_jobs();
    async::Task<void> process_missing(std::uint64_t head);
    async::Task<std::vector<Found>> read(std::uint64_t from, std::uint64_t to,
                                         std::optional<std::int32_t> only_job);
    async::Task<std::optional<Hash>> known_hash_of(std::uint64_t number);
    async::Task<Hash> hash_of(std::uint64_t number);
    async::Task<std::uint64_t> fork_below(std::uint64_t head);
    void rewind_to(std::uint64_t fork);
    async::Task<void> read_live(std::uint64_t from, std::uint64_t to);
    async::Task<void> record(store::ProcessedBlocks blocks, std::vector<Found> found, LogCursor advanced);
    std::optional<std::uint64_t> lowest_waiting(const std::vector<Found>& found,
                                                const LogCursor& advanced) const;
    async::Task<void> settle_unseen(std::uint64_t from, std::uint64_t to, std::vector<Found> found);

    async::Task<void> start_due();
    async::Task<std::size_t> room();
    async::Task<std::optional<bool>> is_canonical(model::Log log);
    async::Task<void> handle(PendingLogs::Id id, JobCatalog::Ptr job, model::Log log, model::Head head);

    void watch(JobCatalog::Ptr job);
    void fail(std::exception_ptr error) {
        if (!failed) failed = std::move(error);
        wake.notify();
    }
};

DirectRequests::DirectRequests(async::Executor executor, Dependencies dependencies)
    : impl_(std::make_shared<Impl>(executor, std::move(dependencies))) {}

DirectRequests::~DirectRequests() = default;

void DirectRequests::on_head(const model::Head& head) {
    impl_->newest = head;
    impl_->wake.notify();
}

void DirectRequests::job_created(std::int32_t id) {
    const auto job = impl_->use.catalog->by_id(id);
    if (!job) return;
    impl_->watch(job);
    if (!impl_->watched.find(id)) return;
    impl_->new_jobs.insert(id);
    impl_->wake.notify();
}

void DirectRequests::job_deleted(std::int32_t id) {
    impl_->watched.remove(id);
    impl_->new_jobs.erase(id);
    std::erase_if(impl_->unseen, [id](const auto& one) { return one.first.first == id; });
    impl_->pending.remove_job(id);
}

void DirectRequests::stop_taking() {
    impl_->taking = false;
}

async::Task<bool> DirectRequests::drained(async::Deadline deadline) {
    auto impl = impl_;
    while (impl->pending.running() > 0) {
        const bool notified = co_await impl->ended.wait(deadline);
        if (!notified) co_return impl->pending.running() == 0;
    }
    co_return true;
}

async::Task<void> DirectRequests::run() {
    auto impl = impl_;
    std::exception_ptr interrupted;
    try {
        co_await impl->serve();
    } catch (...) {
        interrupted = std::current_exception();
    }
    co_await async::shield_cancellation();
    co_await impl->group.stop();
    std::rethrow_exception(impl->failed ? impl->failed : interrupted);
}

void DirectRequests::Impl::watch(JobCatalog::Ptr job) {
    const auto* spec = std::get_if<model::DirectRequestSpec>(&job->job.spec);
    if (!spec) return;
    if (spec->evm_chain_id ? *spec->evm_chain_id != use.chain.chain_id : !use.is_default_chain) return;
    WatchedJobs::Watched one;
    one.job = job;
    one.contract = spec->contract_address;
    one.topics = job_topics(job->job.external_job_id);
    one.confirmations =
        std::max(spec->min_incoming_confirmations.value_or(0), use.chain.min_incoming_confirmations);
    watched.put(std::move(one));
}

async::Task<void> DirectRequests::Impl::serve() {
    for (const auto& job : use.catalog->all())
        watch(job);
    auto pause = first_pause_after_error;
    for (;;) {
        if (prepared || !newest) co_await wake.wait();
        if (failed) std::rethrow_exception(failed);
        if (!newest) continue;
        const auto problem = co_await store::problem_of(pass());
        if (problem.empty()) {
            pause = first_pause_after_error;
            continue;
        }
        use.log.warn("reading logs failed and is tried again", {{"reason", problem}});
        co_await async::sleep_for(pause);
        pause = std::min(2 * pause, longest_pause_after_error);
        wake.notify();
    }
}

async::Task<void> DirectRequests::Impl::pass() {
    if (!prepared) {
        co_await prepare();
        prepared = true;
    }
    co_await process();
}

/// Finds out where former leaders stopped, and what they left.
async::Task<void> DirectRequests::Impl::prepare() {
    const auto jobs = watched.ids();
    const auto point = co_await store::load_resume_point(*use.writer.pool, use.writer.fence.own_schema,
                                                         use.chain.chain_id, jobs, use.writer.deadline());
    if (!point.progress_is_current) co_await store::adopt_requests(use.writer);
    ReadingDepths depths;
    depths.most_confirmations = watched.most_confirmations();
    depths.finality = use.chain.finality_depth;
    depths.backfill = use.chain.block_backfill_depth;
    depths.backfill_skip = use.chain.block_backfill_skip;
    const auto first = first_block_to_read(point, newest->number, depths);
    const auto rows =
        co_await store::load_unconsumed(*use.writer.pool, use.chain.chain_id, jobs, use.writer.deadline());
    unseen.clear();
    for (const auto& row : rows) {
        if (watched.find(row.job_id)) unseen[{row.job_id, row.key}] = row.block_number;
    }
    cursor.start(first);
    use.log.info("reading logs",
                 {{"fromBlock", std::to_string(first)}, {"head", std::to_string(newest->number)}});
}

async::Task<void> DirectRequests::Impl::process() {
    const auto head = *newest;
    co_await process_live(head);
    co_await process_new_jobs();
    co_await process_missing(head.number);
    co_await start_due();
    if (cursor.gap()) {
        co_await process_gap();
        // One chunk per turn: a head that came meanwhile goes first.
        wake.notify();
    }
}

/// Logs of the blocks [from, to] that belong to a job and are not known to be consumed.
async::Task<std::vector<Found>> DirectRequests::Impl::read(std::uint64_t from, std::uint64_t to,
                                                           std::optional<std::int32_t> only_job) {
    eth::RpcClient::LogQuery query;
    query.from_block = from;
    query.to_block = to;
    query.topics.push_back(oracle_request_topic());
    const auto* only = only_job ? watched.find(*only_job) : nullptr;
    if (!only_job) query.addresses = watched.contracts();
    if (only) query.addresses.push_back(only->contract);
    const auto logs = co_await use.rpc->logs(std::move(query), rpc_deadline());
    std::vector<Found> found;
    for (const auto& log : logs) {
        if (use.heads->is_canonical(log.block_number, log.block_hash) == false)
            throw Error("the endpoint gave a log of block " + std::to_string(log.block_number) +
                        " that is not the one of the heads it announced");
        for (const auto* one : watched.of(log)) {
            Found request{one->job->job.id, log, one->confirmations};
            if (only_job && *only_job != request.job_id) continue;
            if (pending.is_known(request.id()) && !pending.find(request.id())) continue;
            found.push_back(std::move(request));
        }
    }
    co_return found;
}

/// Nothing when the endpoint does not know the block.
async::Task<std::optional<Hash>> DirectRequests::Impl::known_hash_of(std::uint64_t number) {
    if (const auto known = use.heads->at(number)) co_return known->hash;
    const auto head = co_await use.rpc->head_by_number(number, rpc_deadline());
    if (!head) co_return std::nullopt;
    co_return head->hash;
}

async::Task<Hash> DirectRequests::Impl::hash_of(std::uint64_t number) {
    const auto hash = co_await known_hash_of(number);
    if (!hash) throw Error("the endpoint does not know block " + std::to_string(number) + " yet");
    co_return *hash;
}

std::optional<std::uint64_t> DirectRequests::Impl::lowest_waiting(const std::vector<Found>& found,
                                                                  const LogCursor& advanced) const {
    auto lowest = pending.lowest_block();
    const auto consider = [&lowest](std::uint64_t number) {
        lowest = std::min(lowest.value_or(number), number);
    };
    for (const auto& one : found)
        consider(one.log.block_number);
    for (const auto& [id, number] : unseen)
        consider(number);
    if (const auto gap = advanced.gap()) consider(gap->from);
    return lowest;
}

/// COMMIT 1; `advanced` is the state of reading that it stands for. On an error nothing has changed, so that
/// the same blocks are read again. Only what is on record is pending: COMMIT 2 of anything else would find no
/// row to consume.
async::Task<void> DirectRequests::Impl::record(store::ProcessedBlocks blocks, std::vector<Found> found,
                                               LogCursor advanced) {
    blocks.chain_id = use.chain.chain_id;
    blocks.head_history_depth = use.chain.head_history_depth;
    blocks.orphaned = orphaned;
    blocks.processed_number = advanced.contiguous();
    // The hash is not at hand where reading began; nobody needs it there.
    blocks.processed_hash = advanced.hash_at(advanced.contiguous()).value_or(Hash{});
    blocks.lowest_pending = lowest_waiting(found, advanced);
    for (const auto& one : found)
        blocks.seen.push_back({one.job_id, model::key_of(one.log), one.log.block_number});
    const auto waiting = co_await store::record_blocks(use.writer, std::move(blocks));
    orphaned.clear();
    cursor = std::move(advanced);
    std::set<PendingLogs::Id> wait;
    for (const auto& row : waiting)
        wait.insert({row.job_id, row.key});
    for (const auto& one : found) {
        unseen.erase(one.id());
        // A former leader consumed the others.
        if (wait.contains(one.id()) && watched.find(one.job_id))
            pending.add(one.job_id, one.log, one.confirmations);
    }
}

/// Rows of former epochs whose log was not among those of [from, to], where it belongs: they are given up
/// when their block left the chain. While it stands the endpoint's answer was incomplete, and
/// process_missing() asks again.
async::Task<void> DirectRequests::Impl::settle_unseen(std::uint64_t from, std::uint64_t to,
                                                      std::vector<Found> found) {
    std::set<PendingLogs::Id> seen;
    for (const auto& one : found)
        seen.insert(one.id());
    std::vector<std::pair<PendingLogs::Id, std::uint64_t>> lacking;
    for (const auto& [id, number] : unseen) {
        if (number >= from && number <= to && !seen.contains(id)) lacking.emplace_back(id, number);
    }
    for (const auto& [id, number] : lacking) {
        const auto hash = co_await known_hash_of(number);
        if (hash && *hash != id.second.block_hash) {
            orphaned.push_back(id.second);
            unseen.erase(id);
            continue;
        }
        use.log.warn("the endpoint did not give a log that is on record; it is asked again with every block",
                     {{"jobID", std::to_string(id.first)}, {"block", std::to_string(number)}});
    }
}

/// Asks again, once per head, for logs that settle_unseen() found to be missing.
async::Task<void> DirectRequests::Impl::process_missing(std::uint64_t head) {
    if (unseen.empty() || missing_asked_at == head) co_return;
    missing_asked_at = head;
    std::set<std::uint64_t> numbers;
    for (const auto& [id, number] : unseen) {
        if (number <= cursor.contiguous()) numbers.insert(number);
    }
    std::size_t asked = 0;
    for (const auto number : numbers) {
        if (++asked > most_missing_blocks) break;
        auto found = co_await read(number, number, std::nullopt);
        co_await settle_unseen(number, number, found);
        if (found.empty() && orphaned.empty()) continue;
        store::ProcessedBlocks no_heads;
        co_await record(std::move(no_heads), std::move(found), cursor);
    }
}

/// The highest block that is read and still part of the chain whose newest block is `head`. Where the heads
/// do not reach, after a jump, the endpoint is asked.
async::Task<std::uint64_t> DirectRequests::Impl::fork_below(std::uint64_t head) {
    std::map<std::uint64_t, bool> answers;
    for (;;) {
        std::optional<std::uint64_t> unknown;
        Hash expected;
        const auto fork = cursor.fork([&](std::uint64_t number, const Hash& hash) -> std::optional<bool> {
            const auto known = use.heads->is_canonical(number, hash);
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

void DirectRequests::Impl::rewind_to(std::uint64_t fork) {
    use.log.warn("the chain was reorganised; its logs are read again",
                 {{"fork", std::to_string(fork)}, {"processed", std::to_string(cursor.processed())}});
    const auto keys = pending.orphan_above(fork);
    orphaned.insert(orphaned.end(), keys.begin(), keys.end());
    cursor.rewind(fork);
}

async::Task<void> DirectRequests::Impl::process_live(model::Head head) {
    const auto fork = co_await fork_below(head.number);
    if (fork < cursor.processed()) rewind_to(fork);
    const std::uint64_t most = std::max(use.chain.log_backfill_batch_size, 1U);
    if (head.number > cursor.processed() + most) {
        const auto number = head.number - most;
        const auto hash = co_await hash_of(number);
        cursor.leave_to_back_fill(number, hash);
    }
    if (cursor.processed() < head.number) co_await read_live(cursor.processed() + 1, head.number);
}

async::Task<void> DirectRequests::Impl::read_live(std::uint64_t from, std::uint64_t to) {
    const auto before = co_await hash_of(to);
    auto found = co_await read(from, to, std::nullopt);
    co_await settle_unseen(from, to, found);
    const auto hash = co_await hash_of(to);
    if (hash != before) throw Error("block " + std::to_string(to) + " was replaced while its logs were read");
    store::ProcessedBlocks blocks;
    for (auto number = from; number <= to; ++number) {
        if (const auto known = use.heads->at(number)) blocks.heads.push_back(*known);
    }
    auto advanced = cursor;
    advanced.advance(to, hash);
    const std::uint64_t window = std::max(use.chain.finality_depth, watched.most_confirmations());
    const auto keep = to > window ? to - window : 0;
    advanced.forget_below(keep);
    co_await record(std::move(blocks), std::move(found), std::move(advanced));
    if (!cursor.gap()) pending.forget_below(keep);
}

async::Task<void> DirectRequests::Impl::process_gap() {
    const auto gap = *cursor.gap();
    const std::uint64_t most = std::max(use.chain.log_backfill_batch_size, 1U);
    const auto to = std::min<std::uint64_t>(gap.to, gap.from + most - 1);
    const auto before = co_await hash_of(to);
    auto found = co_await read(gap.from, to, std::nullopt);
    co_await settle_unseen(gap.from, to, found);
    const auto hash = co_await hash_of(to);
    if (hash != before) throw Error("block " + std::to_string(to) + " was replaced while its logs were read");
    auto advanced = cursor;
    advanced.close_gap_to(to, hash);
    store::ProcessedBlocks no_heads;
    co_await record(std::move(no_heads), std::move(found), std::move(advanced));
}

/// As v1.11.0 does for a listener that is registered late (reference/evm.md section 5.5).
async::Task<void> DirectRequests::Impl::process_new_jobs() {
    while (!new_jobs.empty()) {
        const auto id = *new_jobs.begin();
        const auto processed = cursor.processed();
        const auto depth = std::uint64_t(use.chain.block_backfill_depth);
        std::vector<Found> found;
        if (processed > 0) found = co_await read(processed > depth ? processed - depth : 0, processed, id);
        if (!found.empty()) {
            store::ProcessedBlocks no_heads;
            co_await record(std::move(no_heads), std::move(found), cursor);
        }
        new_jobs.erase(id);
    }
}

/// How many more requests may start: many wait better here, unconsumed, than in a queue of transactions that
/// is full.
async::Task<std::size_t> DirectRequests::Impl::room() {
    if (pending.running() >= most_running) co_return 0;
    std::size_t free = most_running - pending.running();
    if (use.chain.max_queued > 0) {
        const auto counts =
            co_await store::count_transactions(*use.writer.pool, use.chain.chain_id, use.writer.deadline());
        const auto queued = static_cast<std::size_t>(counts.unstarted) + pending.running();
        free = std::min(free, queued >= use.chain.max_queued ? 0 : use.chain.max_queued - queued);
    }
    co_return free;
}

async::Task<std::optional<bool>> DirectRequests::Impl::is_canonical(model::Log log) {
    const auto hash = co_await known_hash_of(log.block_number);
    if (!hash) co_return std::nullopt;
    co_return *hash == log.block_hash;
}

async::Task<void> DirectRequests::Impl::start_due() {
    if (!taking) co_return;
    const auto due = pending.due(newest->number);
    if (due.empty()) co_return;
    auto free = co_await room();
    std::optional<std::uint64_t> replaced;
    for (const auto& id : due) {
        if (free == 0) break;
        const auto* entry = pending.find(id);
        const auto* found = watched.find(id.first);
        if (!entry || entry->running || !found || pending.running_of(id.first) >= most_running_of_a_job)
            continue;
        const auto log = entry->log;
        const auto job = found->job;
        const auto stands = co_await is_canonical(log);
        if (stands == false) replaced = std::min(replaced.value_or(log.block_number), log.block_number);
        if (!stands.value_or(false) || !pending.find(id) || !taking) continue;
        pending.set_running(id, true);
        --free;
        group.spawn("request", handle(id, job, log, *newest));
    }
    // What took the place of that block is read with the next head; its logs do not wait for ever.
    if (replaced) rewind_to(*replaced - 1);
}

async::Task<void> DirectRequests::Impl::handle(PendingLogs::Id id, JobCatalog::Ptr job, model::Log log,
                                               model::Head head) {
    std::string problem;
    std::exception_ptr ending;
    try {
        co_await runner.handle(job, log, head);
    } catch (const pg::FenceRefused&) {
        ending = std::current_exception();
    } catch (const Cancelled&) {
        ending = std::current_exception();
    } catch (const Error& error) {
        problem = error.what();
    }
    if (problem.empty() && !ending) {
        pending.consumed(id, log.block_number);
        ended.notify();
        wake.notify();
        co_return;
    }
    pending.set_running(id, false);
    ended.notify();
    if (ending) std::rethrow_exception(ending);
    use.log.warn(
        "a request could not be finished and is tried again with the next block",
        {{"jobID", std::to_string(id.first)}, {"txHash", to_0x(log.tx_hash.view())}, {"reason", problem}});
}

}  // namespace baton::jobs
