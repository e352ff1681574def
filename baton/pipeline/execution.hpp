#pragma once

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/random.hpp"
#include "baton/pipeline/awaited_results.hpp"
#include "baton/pipeline/engine.hpp"
#include "baton/pipeline/job_metrics.hpp"
#include "baton/pipeline/scheduler.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::pipeline {

/// What an execution needs besides its request; all of it outlives the execution.
struct ExecutionParts {
    async::Executor executor;
    Environment& environment;
    const Clock& clock;
    Random& random;
    Metrics& metrics;
    Logger log;
    std::shared_ptr<JobMetrics> job_metrics;
    /// nullptr: nothing is delivered to tasks of new runs.
    std::shared_ptr<AwaitedResults> awaited = nullptr;
};

/// One execution of a run, in memory. Executor's thread.
class Execution {
  public:
    /// Throws InvalidInput when the stored rows of a resumed run do not fit the graph. REQUIRES: the graph
    /// has no fault.
    Execution(ExecutionParts parts, RunRequest request);
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;

    /// Runs tasks until nothing can go on. A graph of pure tasks never leaves the thread nor waits. Throws
    /// Cancelled; then nothing happened.
    async::Task<void> run();

    /// What it came to. Once, after run().
    RunOutcome outcome();

    /// For tests: the results in memory, with the number of attempts.
    const Scheduler& scheduler() const { return scheduler_; }

    /// A task as it will be recorded.
    struct Record {
        Uuid id;
        WallTime created_at{};
        std::optional<WallTime> finished_at;
        /// Of an earlier execution; taken over as it is.
        std::optional<model::TaskRun> stored;
    };

  private:
    struct Report {
        std::size_t task;
        TaskResult result;
    };

    void restore();
    void await_results();
    bool take_results();
    async::Task<void> loop();
    void attempt_pure(std::size_t task);
    async::Task<void> attempt_waiting(std::size_t task, std::shared_ptr<const codec::Map> vars);
    async::Task<void> wait_and_retry(std::size_t task, std::chrono::nanoseconds delay);
    void start_waiting(std::size_t task);
    void process(Report report);
    void began(std::size_t task);
    void ended(std::size_t task, TaskResult result);
    async::Deadline attempt_deadline(const Task& task) const;
    async::TaskGroup& group();

    ExecutionParts parts_;
    RunRequest request_;
    RunContext context_;
    /// The job variables as they are stored.
    std::string stored_vars_;
    Scheduler scheduler_;
    std::vector<Record> records_;
    std::vector<BootClock::time_point> started_;
    std::deque<Report> reports_;
    std::vector<model::NewTransaction> transactions_;
    std::shared_ptr<AwaitedResults::Places> awaited_;
    WallTime created_at_{};
    BootClock::time_point began_{};
    async::Deadline run_deadline_;
    /// Made when the first task has to wait.
    std::unique_ptr<async::Event> reported_;
    std::unique_ptr<async::TaskGroup> group_;
};

}  // namespace baton::pipeline
