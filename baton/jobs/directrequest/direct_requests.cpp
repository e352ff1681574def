#include "baton/jobs/directrequest/direct_requests.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/jobs/directrequest/log_cursor.hpp"
#include "baton/jobs/directrequest/oracle_request.hpp"
#include "baton/jobs/directrequest/request_runner.hpp"
#include "baton/store/logs.hpp"
#include "baton/store/transactions.hpp"

#include <algorithm>
#include <set>

namespace baton::jobs {

namespace {

/// Requests that are executed side by side; more would only wait for each other's commits and adapters.
constexpr std::size_t most_running = 64;
constexpr auto rpc_timeout = std::chrono::seconds(10);
constexpr auto pause_after_error = std::chrono::seconds(1);

/// A job as far as matching logs needs it.
struct Watched {
    JobCatalog::Ptr job;
    Address contract;
    JobTopics topics;
    std::uint32_t confirmations = 1;
};

}  // namespace

struct DirectRequests::Impl : std::enable_shared_from_this<DirectRequests::Impl> {
    Impl(async::Executor run_on, Dependencies dependencies)
        : executor(run_on),
          use(std::move(dependencies)),
          runner(*use.runs, use.writer, use.chain, *use.clock, use.log),
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
    std::map<std::int32_t, Watched> watched;
    std::set<std::int32_t> new_jobs;
    /// Unconsumed rows of former epochs whose log was not read again yet.
    std::map<PendingLogs::Id, std::uint64_t> unseen;
    /// Logs of blocks that left the chain, whose rows are still to be deleted.
    std::vector<model::LogKey> orphaned;
    std::optional<model::Head> newest;
    std::exception_ptr failed;
    bool taking = true;

    async::Deadline rpc_deadline() const { return async::Deadline::after(rpc_timeout); }

    async::Task<void> serve();
    async::Task<void> prepare();
    async::Task<void> process();
    async::Task<void> process_live(model::Head head);
    async::Task<void> process_gap();
    async::Task<void> process_new_jobs();
    async::Task<std::vector<store::ProcessedBlocks::Seen>> read(std::uint64_t from, std::uint64_t to,
                                                                std::optional<std::int32_t> only_job);
    async::Task<Hash> hash_of(std::uint64_t number);
    async::Task<void> read_live(std::uint64_t from, std::uint64_t to);
    async::Task<void> record(store::ProcessedBlocks blocks, LogCursor advanced);
    void drop_unseen_up_to(std::uint64_t number);

    async::Task<void> start_due();
    async::Task<std::size_t> room();
    async::Task<bool> is_canonical(model::Log log);
    async::Task<void> handle(PendingLogs::Id id, JobCatalog::Ptr job, model::Log log, model::Head head);

    void watch(JobCatalog::Ptr job);
    std::uint32_t most_confirmations() const;
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
    if (!impl_->watched.contains(id)) return;
    impl_->new_jobs.insert(id);
    impl_->wake.notify();
}

void DirectRequests::job_deleted(std::int32_t id) {
    impl_->watched.erase(id);
    impl_->new_jobs.erase(id);
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
    Watched one;
    one.job = job;
    one.contract = spec->contract_address;
    one.topics = job_topics(job->job.external_job_id);
    one.confirmations =
        std::max(spec->min_incoming_confirmations.value_or(0), use.chain.min_incoming_confirmations);
    watched[job->job.id] = std::move(one);
}

std::uint32_t DirectRequests::Impl::most_confirmations() const {
    std::uint32_t most = 0;
    for (const auto& [id, one] : watched)
        most = std::max(most, one.confirmations);
    return most;
}

async::Task<void> DirectRequests::Impl::serve() {
    for (const auto& job : use.catalog->all())
        watch(job);
    bool prepared = false;
    for (;;) {
        if (prepared || !newest) co_await wake.wait();
        if (failed) std::rethrow_exception(failed);
        if (!newest) continue;
        std::string problem;
        try {
            if (!prepared) {
                co_await prepare();
                prepared = true;
            }
            co_await process();
        } catch (const pg::FenceRefused&) {
            throw;
        } catch (const Cancelled&) {
            throw;
        } catch (const Error& error) {
            problem = error.what();
        }
        if (!problem.empty()) {
            use.log.warn("reading logs failed and is tried again", {{"reason", problem}});
            co_await async::sleep_for(pause_after_error);
            wake.notify();
        }
    }
}

/// Finds out where former leaders stopped, and what they consumed.
async::Task<void> DirectRequests::Impl::prepare() {
    const auto point = co_await store::load_resume_point(*use.writer.pool, use.writer.fence.own_schema,
                                                         use.chain.chain_id, use.writer.deadline());
    const auto first = first_block_to_read(point, newest->number, most_confirmations(),
                                           use.chain.block_backfill_depth, use.chain.block_backfill_skip);
    const auto rows =
        co_await store::load_broadcasts(*use.writer.pool, use.chain.chain_id, first, use.writer.deadline());
    for (const auto& row : rows) {
        if (row.consumed) {
            pending.consumed({row.job_id, row.key}, row.block_number.value_or(first));
        } else if (watched.contains(row.job_id)) {
            unseen[{row.job_id, row.key}] = row.block_number.value_or(first);
        }
    }
    cursor.start(first, newest->number, std::max(use.chain.log_backfill_batch_size, 1U));
    use.log.info("reading logs",
                 {{"fromBlock", std::to_string(first)}, {"head", std::to_string(newest->number)}});
}

async::Task<void> DirectRequests::Impl::process() {
    const auto head = *newest;
    co_await process_live(head);
    co_await process_new_jobs();
    co_await start_due();
    if (cursor.gap()) {
        co_await process_gap();
        // One chunk per turn: a head that came meanwhile goes first.
        wake.notify();
    }
}

/// Logs of the blocks [from, to] that belong to a job, put among the pending ones. Given is everything that
/// has to be on record, also what an attempt before found and could not record.
async::Task<std::vector<store::ProcessedBlocks::Seen>> DirectRequests::Impl::read(
    std::uint64_t from, std::uint64_t to, std::optional<std::int32_t> only_job) {
    eth::RpcClient::LogQuery query;
    query.from_block = from;
    query.to_block = to;
    query.topics.push_back(oracle_request_topic());
    std::set<Address> contracts;
    for (const auto& [id, one] : watched) {
        if (!only_job || *only_job == id) contracts.insert(one.contract);
    }
    query.addresses.assign(contracts.begin(), contracts.end());
    const auto logs = co_await use.rpc->logs(std::move(query), rpc_deadline());
    std::vector<store::ProcessedBlocks::Seen> seen;
    for (const auto& log : logs) {
        if (use.heads->is_canonical(log.block_number, log.block_hash) == false)
            throw Error("the endpoint gave a log of block " + std::to_string(log.block_number) +
                        " that is not the one of the heads it announced");
        for (const auto& [id, one] : watched) {
            if ((only_job && *only_job != id) || one.contract != log.address || !one.topics.match(log))
                continue;
            const auto key = model::key_of(log);
            unseen.erase({id, key});
            pending.add(id, log, one.confirmations);
            if (pending.find({id, key})) seen.push_back({id, key, log.block_number});
        }
    }
    co_return seen;
}

async::Task<Hash> DirectRequests::Impl::hash_of(std::uint64_t number) {
    if (const auto known = use.heads->at(number)) co_return known->hash;
    const auto head = co_await use.rpc->head_by_number(number, rpc_deadline());
    if (!head) throw Error("the endpoint does not know block " + std::to_string(number) + " yet");
    co_return head->hash;
}

/// COMMIT 1; `advanced` is the state of reading that it stands for. On an error nothing has changed, so that
/// the same blocks are read again: a log that is pending but not on record could never be consumed.
async::Task<void> DirectRequests::Impl::record(store::ProcessedBlocks blocks, LogCursor advanced) {
    blocks.chain_id = use.chain.chain_id;
    blocks.head_history_depth = use.chain.head_history_depth;
    blocks.orphaned = orphaned;
    blocks.processed_number = advanced.contiguous();
    // Below a gap the hash is not at hand; nobody needs it there.
    blocks.processed_hash = advanced.hash_at(advanced.contiguous()).value_or(Hash{});
    blocks.lowest_pending = pending.lowest_block();
    if (const auto gap = advanced.gap())
        blocks.lowest_pending = std::min(blocks.lowest_pending.value_or(gap->from), gap->from);
    co_await store::record_blocks(use.writer, std::move(blocks));
    orphaned.clear();
    cursor = std::move(advanced);
}

/// Rows of former epochs whose log is not there any more: their block left the chain.
void DirectRequests::Impl::drop_unseen_up_to(std::uint64_t number) {
    for (auto at = unseen.begin(); at != unseen.end();) {
        if (at->second <= number) {
            orphaned.push_back(at->first.second);
            at = unseen.erase(at);
        } else {
            ++at;
        }
    }
}

async::Task<void> DirectRequests::Impl::process_live(model::Head head) {
    const auto fork = cursor.fork(
        [this](std::uint64_t number, const Hash& hash) { return use.heads->is_canonical(number, hash); });
    if (fork < cursor.processed()) {
        use.log.warn("the chain was reorganised; its logs are read again",
                     {{"fork", std::to_string(fork)}, {"processed", std::to_string(cursor.processed())}});
        const auto keys = pending.orphan_above(fork);
        orphaned.insert(orphaned.end(), keys.begin(), keys.end());
        cursor.rewind(fork);
    }
    const std::uint64_t most = std::max(use.chain.log_backfill_batch_size, 1U);
    while (cursor.processed() < head.number) {
        const auto from = cursor.processed() + 1;
        co_await read_live(from, std::min<std::uint64_t>(head.number, from + most - 1));
    }
}

async::Task<void> DirectRequests::Impl::read_live(std::uint64_t from, std::uint64_t to) {
    const auto before = co_await hash_of(to);
    store::ProcessedBlocks blocks;
    blocks.seen = co_await read(from, to, std::nullopt);
    const auto hash = co_await hash_of(to);
    if (hash != before) throw Error("block " + std::to_string(to) + " was replaced while its logs were read");
    for (auto number = from; number <= to; ++number) {
        if (const auto known = use.heads->at(number)) blocks.heads.push_back(*known);
    }
    auto advanced = cursor;
    advanced.advance(to, hash);
    if (!advanced.gap()) drop_unseen_up_to(to);
    const std::uint64_t window = std::max<std::uint64_t>(use.chain.finality_depth, most_confirmations());
    const auto keep = to > window ? to - window : 0;
    advanced.forget_below(keep);
    co_await record(std::move(blocks), std::move(advanced));
    if (!cursor.gap()) pending.forget_below(keep);
}

async::Task<void> DirectRequests::Impl::process_gap() {
    const auto gap = *cursor.gap();
    const std::uint64_t most = std::max(use.chain.log_backfill_batch_size, 1U);
    const auto to = std::min<std::uint64_t>(gap.to, gap.from + most - 1);
    store::ProcessedBlocks blocks;
    blocks.seen = co_await read(gap.from, to, std::nullopt);
    auto advanced = cursor;
    advanced.close_gap_to(to);
    drop_unseen_up_to(to);
    co_await record(std::move(blocks), std::move(advanced));
}

/// As v1.11.0 does for a listener that is registered late (reference/evm.md section 5.5).
async::Task<void> DirectRequests::Impl::process_new_jobs() {
    while (!new_jobs.empty()) {
        const auto id = *new_jobs.begin();
        const auto processed = cursor.processed();
        const auto depth = std::uint64_t(use.chain.block_backfill_depth);
        store::ProcessedBlocks blocks;
        if (processed > 0)
            blocks.seen = co_await read(processed > depth ? processed - depth : 0, processed, id);
        if (!blocks.seen.empty()) co_await record(std::move(blocks), cursor);
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

async::Task<bool> DirectRequests::Impl::is_canonical(model::Log log) {
    const auto known = use.heads->is_canonical(log.block_number, log.block_hash);
    if (known) co_return *known;
    const auto head = co_await use.rpc->head_by_number(log.block_number, rpc_deadline());
    co_return head && head->hash == log.block_hash;
}

async::Task<void> DirectRequests::Impl::start_due() {
    if (!taking) co_return;
    const auto due = pending.due(newest->number);
    if (due.empty()) co_return;
    auto free = co_await room();
    for (const auto& id : due) {
        if (free == 0) break;
        const auto* entry = pending.find(id);
        const auto found = watched.find(id.first);
        if (!entry || entry->running || found == watched.end()) continue;
        const auto log = entry->log;
        const auto job = found->second.job;
        const bool stands = co_await is_canonical(log);
        // Its replacement is found when the reorganisation is read.
        if (!stands || !pending.find(id) || !taking) continue;
        pending.set_running(id, true);
        --free;
        group.spawn("request", handle(id, job, log, *newest));
    }
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
