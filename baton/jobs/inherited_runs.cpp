#include "baton/jobs/inherited_runs.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/store/problem.hpp"

#include <algorithm>
#include <deque>

namespace baton::jobs {

namespace {

/// One whose adapter does not answer holds up its neighbours no more than a request does.
constexpr int most_side_by_side = 16;

struct Work {
    Work(async::Executor executor, RunService& with, Logger to)
        : runs(with), log(std::move(to)), worker_ended(executor) {}

    RunService& runs;
    Logger log;
    async::Event worker_ended;
    std::deque<model::Run> waiting;
    std::size_t failed = 0;
    int workers = 0;
    std::exception_ptr broken;
};

async::Task<void> finish_waiting(Work* work) {
    while (!work->waiting.empty()) {
        auto run = std::move(work->waiting.front());
        work->waiting.pop_front();
        const auto id = run.id;
        const auto problem = co_await store::problem_of(work->runs.run_inherited(std::move(run)));
        if (problem.empty()) continue;
        ++work->failed;
        work->log.error("an interrupted run could not be finished; it is tried again",
                        {{"run", std::to_string(id)}, {"reason", problem}});
    }
    --work->workers;
    work->worker_ended.notify();
}

/// `failed`: how many are left because of an error.
async::Task<void> finish_once(RunService* runs, store::Writer writer, Logger log, std::size_t* failed) {
    auto running = co_await store::load_running(*writer.pool, writer.deadline());
    const auto executor = co_await async::current_executor();
    Work work(executor, *runs, std::move(log));
    work.waiting.assign(std::make_move_iterator(running.begin()), std::make_move_iterator(running.end()));
    async::TaskGroup group(executor, [&work](const std::string&, std::exception_ptr error) {
        if (!work.broken) work.broken = std::move(error);
        work.worker_ended.notify();
    });
    for (; work.workers < most_side_by_side; ++work.workers)
        group.spawn("inherited runs", finish_waiting(&work));
    std::exception_ptr interrupted;
    try {
        while (work.workers > 0 && !work.broken)
            co_await work.worker_ended.wait();
    } catch (...) {
        interrupted = std::current_exception();
    }
    // Only where this task ends anyway: it would be deaf to its own cancellation afterwards.
    if (work.broken || interrupted) co_await async::shield_cancellation();
    co_await group.stop();
    if (work.broken) std::rethrow_exception(work.broken);
    if (interrupted) std::rethrow_exception(interrupted);
    *failed = work.failed;
}

}  // namespace

async::Task<void> finish_inherited_runs(RunService& runs, store::Writer writer, Logger log,
                                        InheritedRunsTimes times) {
    auto pause = times.first_pause;
    for (;;) {
        std::size_t failed = 0;
        const auto problem = co_await store::problem_of(finish_once(&runs, writer, log, &failed));
        if (problem.empty() && failed == 0) co_return;
        if (!problem.empty())
            log.error("interrupted runs could not be read; they are tried again", {{"reason", problem}});
        co_await async::sleep_for(pause);
        pause = std::min(2 * pause, times.longest_pause);
    }
}

}  // namespace baton::jobs
