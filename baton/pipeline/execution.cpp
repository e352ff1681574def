#include "baton/pipeline/execution.hpp"

#include "baton/async/timer.hpp"
#include "baton/codec/json.hpp"
#include "baton/pipeline/run_record.hpp"
#include "baton/pipeline/stored_json.hpp"

#include <utility>

namespace baton::pipeline {

namespace {

TaskResult panicked(std::string_view message) {
    return TaskResult::failed(failure("goroutine panicked when executing run", message));
}

/// What the tasks see. Graphs whose runs v1.11.0 stores before it executes them see their variables as they
/// come back from the database (section 14.1).
codec::Map variables(RunRequest& request, std::string& stored) {
    const bool round_trip = request.graph->requires_pre_insert() || request.resumed;
    if (!round_trip) return std::move(request.vars);
    stored = request.resumed ? request.resumed->inputs : stored_variables(request.vars);
    const codec::Value read = codec::read_json(stored);
    if (const codec::Map* map = read.map_or_null()) return *map;
    throw InvalidInput("the stored inputs of run " +
                       std::to_string(request.resumed ? request.resumed->id : 0) + " are not a JSON object");
}

}  // namespace

Execution::Execution(ExecutionParts parts, RunRequest request)
    : parts_(std::move(parts)),
      request_(std::move(request)),
      context_{parts_.environment,
               parts_.metrics,
               parts_.random,
               parts_.log,
               request_.job_type,
               request_.job_gas_limit,
               request_.forwarding_allowed,
               request_.pipeline_spec_id},
      scheduler_(*request_.graph, variables(request_, stored_vars_)),
      records_(request_.graph->tasks().size()),
      started_(records_.size()),
      created_at_(request_.resumed ? request_.resumed->created_at : parts_.clock.wall()),
      began_(parts_.clock.steady()) {
    if (request_.resumed) restore();
    const auto now = parts_.clock.wall();
    for (Record& record : records_) {
        if (record.id.is_zero()) record.id = Uuid::in_time_order(parts_.random, now);
    }
    if (!request_.resumed) await_results();
    const auto limit = parts_.environment.max_run_duration();
    if (limit.count() > 0) run_deadline_ = async::Deadline::after(limit);
}

void Execution::restore() {
    const model::Run& run = *request_.resumed;
    for (const model::TaskRun& row : run.task_runs) {
        const Task* const task = request_.graph->find(row.dot_id);
        if (task == nullptr) throw InvalidInput("failed to match a pipeline task for dot ID: " + row.dot_id);
        Record& record = records_[task->id];
        record.id = row.id;
        if (row.finished_at) {
            record.stored = row;
            codec::Value value;
            if (row.error) {
                value = codec::ErrorValue{*row.error};
            } else if (row.output) {
                value = codec::read_json(*row.output);
            }
            scheduler_.restore(task->id, std::move(value));
        } else if (run.state == model::RunState::suspended || is_async_bridge(*task)) {
            // Its transaction exists. In a run that was interrupted while running it may not: there the task
            // runs again, with the same id. Of a bridge there is a row only after the adapter took the
            // question.
            record.created_at = row.created_at;
            scheduler_.restore_pending(task->id);
        }
    }
}

/// Of a stored run results are delivered to its rows (jobs/run_service).
void Execution::await_results() {
    if (parts_.awaited == nullptr) return;
    std::vector<Uuid> tasks;
    for (const Task& task : scheduler_.graph().tasks()) {
        if (is_async_bridge(task)) tasks.push_back(records_[task.id].id);
    }
    if (!tasks.empty()) awaited_ = parts_.awaited->open(std::move(tasks));
}

/// Of pending tasks, as far as they came already. False when none did; then none is taken any more.
bool Execution::take_results() {
    if (awaited_ == nullptr) return false;
    bool any = false;
    for (const Task& task : scheduler_.graph().tasks()) {
        if (scheduler_.slots()[task.id].state != Scheduler::Slot::State::pending) continue;
        const auto output = awaited_->take(records_[task.id].id);
        if (!output) continue;
        codec::Value value;
        if (output->error) {
            value = codec::ErrorValue{*output->error};
        } else if (output->json) {
            value = codec::read_json(*output->json);
        }
        records_[task.id].finished_at = parts_.clock.wall();
        scheduler_.put_result(task.id, std::move(value));
        any = true;
    }
    if (!any) awaited_->close();
    return any;
}

async::Task<void> Execution::run() {
    scheduler_.start();
    std::exception_ptr error;
    try {
        co_await loop();
    } catch (...) {
        error = std::current_exception();
    }
    if (group_ != nullptr) {
        // Also when nothing went wrong: failEarly leaves tasks behind that wait for their next attempt.
        co_await async::shield_cancellation();
        co_await group_->stop();
    }
    if (error) std::rethrow_exception(error);
}

async::Task<void> Execution::loop() {
    while (true) {
        while (const auto task = scheduler_.take_ready()) {
            began(*task);
            if (scheduler_.graph().tasks()[*task].type->run_async == nullptr) {
                attempt_pure(*task);
                continue;
            }
            const bool alone =
                scheduler_.running() == 1 && scheduler_.retrying() == 0 && !scheduler_.has_ready();
            if (alone) {
                auto vars = scheduler_.vars_for(*task);
                co_await attempt_waiting(*task, std::move(vars));
            } else {
                start_waiting(*task);
            }
        }
        if (!reports_.empty()) {
            Report report = std::move(reports_.front());
            reports_.pop_front();
            process(std::move(report));
        } else if (scheduler_.idle()) {
            if (!take_results()) co_return;
        } else {
            co_await reported_->wait();
        }
    }
}

void Execution::attempt_pure(std::size_t task) {
    const Task& what = scheduler_.graph().tasks()[task];
    if (what.type->run == nullptr) {
        ended(task, TaskResult::failed({unsupported_text(what.type->name)}));
        return;
    }
    const auto vars = scheduler_.vars_for(task);
    const auto inputs = scheduler_.inputs_for(task);
    const TaskContext context{what, context_, *vars, inputs, records_[task].id, run_deadline_};
    std::optional<TaskResult> result;
    try {
        result = what.type->run(context);
    } catch (const TaskAbort& abort) {
        result = panicked(abort.what());
    } catch (const std::exception& error) {
        parts_.log.error("task ended abnormally", {{"taskName", what.dot_id}, {"err", error.what()}});
        result = panicked(error.what());
    }
    ended(task, std::move(*result));
}

void Execution::start_waiting(std::size_t task) {
    const std::string& name = scheduler_.graph().tasks()[task].dot_id;
    auto vars = scheduler_.vars_for(task);
    group().spawn(name, attempt_waiting(task, std::move(vars)));
}

async::Task<void> Execution::attempt_waiting(std::size_t task, std::shared_ptr<const codec::Map> vars) {
    const Task& what = scheduler_.graph().tasks()[task];
    const auto inputs = scheduler_.inputs_for(task);
    const TaskContext context{what, context_, *vars, inputs, records_[task].id, attempt_deadline(what)};
    std::optional<TaskResult> result;
    std::exception_ptr cancelled;
    try {
        result = co_await what.type->run_async(context);
    } catch (const TaskAbort& abort) {
        result = panicked(abort.what());
    } catch (const std::exception& error) {
        if (async::is_cancellation(std::current_exception())) {
            cancelled = std::current_exception();
        } else {
            parts_.log.error("task ended abnormally", {{"taskName", what.dot_id}, {"err", error.what()}});
            result = panicked(error.what());
        }
    }
    if (cancelled) std::rethrow_exception(cancelled);
    ended(task, std::move(*result));
}

async::Task<void> Execution::wait_and_retry(std::size_t task, std::chrono::nanoseconds delay) {
    co_await async::sleep_for(delay);
    scheduler_.retry(task);
    reported_->notify();
}

void Execution::process(Report report) {
    const std::size_t task = report.task;
    if (report.result.transaction) transactions_.push_back(finish(std::move(*report.result.transaction)));
    const auto delay = scheduler_.report(task, std::move(report.result.value), report.result.pending);
    if (delay) group().spawn(scheduler_.graph().tasks()[task].dot_id, wait_and_retry(task, *delay));
}

void Execution::began(std::size_t task) {
    records_[task].created_at = parts_.clock.wall();
    started_[task] = parts_.clock.steady();
}

void Execution::ended(std::size_t task, TaskResult result) {
    Record& record = records_[task];
    const auto took = parts_.clock.steady() - started_[task];
    record.finished_at.reset();
    if (!result.pending) record.finished_at = parts_.clock.wall();
    const bool errored = result.value.error_or_null() != nullptr;
    parts_.job_metrics->attempt_ended(scheduler_.graph().tasks()[task], took, errored);
    reports_.push_back({task, std::move(result)});
    if (reported_ != nullptr) reported_->notify();
}

async::Deadline Execution::attempt_deadline(const Task& task) const {
    async::Deadline deadline = run_deadline_;
    if (task.timeout && task.timeout->count() > 0)
        deadline = deadline.sooner(async::Deadline::after(*task.timeout));
    const auto most = request_.max_task_duration;
    if (most.count() > 0) deadline = deadline.sooner(async::Deadline::after(most));
    return deadline;
}

async::TaskGroup& Execution::group() {
    if (group_ == nullptr) {
        reported_ = std::make_unique<async::Event>(parts_.executor);
        group_ = std::make_unique<async::TaskGroup>(parts_.executor);
    }
    return *group_;
}

RunOutcome Execution::outcome() {
    RunOutcome outcome = record_run(scheduler_, records_, stored_vars_, parts_.clock.wall());
    outcome.transactions = std::move(transactions_);
    outcome.awaited = std::move(awaited_);
    model::Run& run = outcome.run;
    run.id = request_.resumed ? request_.resumed->id : 0;
    run.pipeline_spec_id = request_.pipeline_spec_id;
    run.created_at = created_at_;
    if (run.state != model::RunState::suspended) {
        parts_.job_metrics->run_ended(parts_.clock.steady() - began_);
    }
    if (run.state == model::RunState::errored) parts_.job_metrics->run_errored();
    return outcome;
}

}  // namespace baton::pipeline
