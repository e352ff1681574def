#include "baton/jobs/directrequest/direct_requests.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/jobs/directrequest/oracle_request.hpp"
#include "baton/jobs/directrequest/request_reader.hpp"
#include "baton/jobs/directrequest/request_runner.hpp"
#include "baton/store/problem.hpp"
#include "baton/store/transactions.hpp"

#include <algorithm>

namespace baton::jobs {

namespace {

/// Requests that are executed side by side; more would only wait for each other's commits and adapters. A job
/// whose adapter is slow leaves room for the others.
constexpr std::size_t most_running = 256;
constexpr std::size_t most_running_of_a_job = 64;
/// Doubled from one failure to the next: that an endpoint does not know its own newest block yet is over
/// soon.
constexpr auto first_pause_after_error = std::chrono::milliseconds(50);
constexpr auto longest_pause_after_error = std::chrono::milliseconds(1000);

}  // namespace

struct DirectRequests::Impl : std::enable_shared_from_this<DirectRequests::Impl> {
    Impl(async::Executor run_on, Dependencies dependencies)
        : executor(run_on),
          use(std::move(dependencies)),
          reader(use.writer, *use.rpc, *use.heads, use.chain, use.log),
          runner(*use.runs, use.writer, use.chain, use.log),
          wake(run_on),
          ended(run_on),
          group(run_on, [this](const std::string&, std::exception_ptr error) { fail(error); }) {}

    async::Executor executor;
    Dependencies use;
    RequestReader reader;
    RequestRunner runner;
    async::Event wake;
    async::Event ended;
    async::TaskGroup group;
    std::optional<model::Head> newest;
    std::exception_ptr failed;
    bool started = false;
    bool taking = true;

    async::Task<void> serve();
    async::Task<void> pass();
    async::Task<void> start_due();
    async::Task<std::size_t> room();
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
    impl_->reader.find_earlier_requests(id);
    impl_->wake.notify();
}

void DirectRequests::job_deleted(std::int32_t id) {
    impl_->reader.forget(id);
}

void DirectRequests::stop_taking() {
    impl_->taking = false;
}

async::Task<bool> DirectRequests::drained(async::Deadline deadline) {
    auto impl = impl_;
    while (impl->reader.pending().running() > 0) {
        const bool notified = co_await impl->ended.wait(deadline);
        if (!notified) co_return impl->reader.pending().running() == 0;
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
    reader.watched().put(std::move(one));
}

async::Task<void> DirectRequests::Impl::serve() {
    for (const auto& job : use.catalog->all())
        watch(job);
    auto pause = first_pause_after_error;
    for (;;) {
        if (started || !newest) co_await wake.wait();
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
    if (!started) {
        co_await reader.start(newest->number);
        started = true;
    }
    const auto head = newest->number;
    co_await reader.read_up_to(head);
    co_await reader.read_for_new_jobs();
    co_await reader.read_missing(head);
    co_await start_due();
    if (reader.has_gap()) {
        co_await reader.read_gap();
        // One chunk per turn: a head that came meanwhile goes first.
        wake.notify();
    }
}

/// How many more requests may start: many wait better here, unconsumed, than in a queue of transactions that
/// is full.
async::Task<std::size_t> DirectRequests::Impl::room() {
    if (reader.pending().running() >= most_running) co_return 0;
    std::size_t free = most_running - reader.pending().running();
    if (use.chain.max_queued > 0) {
        const auto counts =
            co_await store::count_transactions(*use.writer.pool, use.chain.chain_id, use.writer.deadline());
        const auto queued = static_cast<std::size_t>(counts.unstarted) + reader.pending().running();
        free = std::min(free, queued >= use.chain.max_queued ? 0 : use.chain.max_queued - queued);
    }
    co_return free;
}

async::Task<void> DirectRequests::Impl::start_due() {
    if (!taking) co_return;
    auto& pending = reader.pending();
    const auto due = pending.due(newest->number);
    if (due.empty()) co_return;
    auto free = co_await room();
    std::optional<std::uint64_t> replaced;
    for (const auto& id : due) {
        if (free == 0) break;
        const auto* entry = pending.find(id);
        const auto* found = reader.watched().find(id.first);
        if (!entry || entry->running || !found || pending.running_of(id.first) >= most_running_of_a_job)
            continue;
        const auto log = entry->log;
        const auto job = found->job;
        const auto stands = co_await reader.is_canonical(log);
        if (stands == false) replaced = std::min(replaced.value_or(log.block_number), log.block_number);
        if (!stands.value_or(false) || !pending.find(id) || !taking) continue;
        pending.set_running(id, true);
        --free;
        group.spawn("request", handle(id, job, log, *newest));
    }
    // What took the place of that block is read with the next head; its logs do not wait for ever.
    if (replaced) reader.rewind_to(*replaced - 1);
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
        reader.pending().consumed(id, log.block_number);
        ended.notify();
        wake.notify();
        co_return;
    }
    reader.pending().set_running(id, false);
    ended.notify();
    if (ending) std::rethrow_exception(ending);
    use.log.warn(
        "a request could not be finished and is tried again with the next block",
        {{"jobID", std::to_string(id.first)}, {"txHash", to_0x(log.tx_hash.view())}, {"reason", problem}});
}

}  // namespace baton::jobs
