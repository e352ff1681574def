#include "baton/jobs/run_service.hpp"

#include "baton/async/timer.hpp"
#include "baton/codec/json.hpp"
#include "baton/store/problem.hpp"

#include <algorithm>

namespace baton::jobs {

namespace {

/// Task rows of a wholly successful run are kept for direct requests and webhooks, and for what was suspended
/// (reference/pipeline.md section 13.2).
constexpr bool save_successful_task_runs = true;

/// $(jobRun.meta.oracleRequest.requestId) of stored inputs; empty when it is no direct request.
std::string request_id_of(const model::Run& run) {
    const auto inputs = codec::read_json(run.inputs);
    const auto* id = codec::at(inputs, {"jobRun", "meta", "oracleRequest", "requestId"});
    const auto* text = id ? id->get_if<std::string>() : nullptr;
    return text ? *text : std::string();
}

/// SQLSTATE classes that say "these values can never be stored": data exceptions and constraint violations. A
/// violated uniqueness is about what is stored already.
bool is_about_the_values(const pg::StatementFailed& error) {
    if (error.sqlstate() == "23505") return false;
    return error.sqlstate().starts_with("22") || error.sqlstate().starts_with("23");
}

/// What is recorded of a run whose result the database refuses: the request still gets its one run.
store::RunCommit errored_instead(const store::RunCommit& refused, const Clock& clock) {
    store::RunCommit commit;
    commit.job_id = refused.job_id;
    commit.run.id = refused.run.id;
    commit.run.pipeline_spec_id = refused.run.pipeline_spec_id;
    commit.run.state = model::RunState::errored;
    commit.run.outputs = "[null]";
    commit.run.created_at = refused.run.created_at;
    commit.run.finished_at = clock.wall();
    commit.consumed_log = refused.consumed_log;
    commit.request_key = refused.request_key;
    commit.body_hash = refused.body_hash;
    commit.replaces = refused.replaces;
    return commit;
}

/// Which function of the contract is called.
Bytes selector_of(const Bytes& payload) {
    return {payload.begin(),
            payload.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(4, payload.size()))};
}

bool is_same(const store::MadeTransaction& made, const model::NewTransaction& wanted) {
    return made.chain_id == wanted.chain_id && made.to == wanted.to &&
           selector_of(made.payload) == selector_of(wanted.payload);
}

}  // namespace

RunService::RunService(Dependencies dependencies) : use_(std::move(dependencies)) {}

codec::Value RunService::job_spec_variables(const model::Job& job) {
    codec::Map spec;
    spec["databaseID"] = codec::Value(job.id);
    spec["externalJobID"] = codec::Value(codec::FixedBytesValue{
        Bytes(job.external_job_id.bytes.begin(), job.external_job_id.bytes.end()), true});
    spec["name"] = codec::Value(job.name);
    return codec::Value::map(std::move(spec));
}

pipeline::RunRequest RunService::request_for(const CompiledJob& job) const {
    pipeline::RunRequest request;
    request.graph = job.graph;
    request.job_id = job.job.id;
    request.job_name = job.job.name;
    request.job_type = job.job.type();
    request.job_gas_limit = job.job.gas_limit;
    request.forwarding_allowed = job.job.forwarding_allowed;
    request.max_task_duration = job.job.max_task_duration;
    request.pipeline_spec_id = job.job.pipeline_spec_id;
    return request;
}

async::Task<RunService::Stored> RunService::commit(store::RunCommit run) {
    auto instead = errored_instead(run, *use_.clock);
    std::string refused;
    Stored stored;
    try {
        stored.result = co_await commit_as_it_is(std::move(run));
    } catch (const pg::FenceRefused&) {
        throw;
    } catch (const pg::StatementFailed& error) {
        if (!is_about_the_values(error)) throw;
        refused = error.what();
    } catch (const InvalidInput& error) {
        refused = error.what();
    }
    if (refused.empty()) co_return stored;
    use_.log.error("the result of a run cannot be stored; it is recorded as errored",
                   {{"jobID", std::to_string(instead.job_id)}, {"reason", refused}});
    codec::List errors;
    errors.emplace_back("the result cannot be stored: " + refused);
    instead.run.fatal_errors = codec::write_json(codec::Value::list(std::move(errors)));
    instead.run.all_errors = instead.run.fatal_errors;
    stored.errored = instead.run;
    stored.result = co_await commit_as_it_is(std::move(instead));
    co_return stored;
}

/// Wakes the senders of its transactions.
async::Task<store::CommitResult> RunService::commit_as_it_is(store::RunCommit run) {
    std::vector<Address> senders;
    for (const auto& transaction : run.transactions)
        senders.push_back(transaction.from);
    const auto result = co_await use_.committer->commit(std::move(run));
    if (result.outcome == store::CommitOutcome::stored) {
        for (const auto& sender : senders)
            use_.wake_sender(sender);
    }
    co_return result;
}

async::Task<RunService::Report> RunService::run(Request request) {
    auto wanted = request_for(*request.job);
    wanted.vars = std::move(request.vars);
    auto outcome = co_await use_.engine->execute(std::move(wanted));
    Report report;
    report.fail_silently = outcome.fail_silently;
    report.run = std::move(outcome.run);
    if (outcome.fail_silently) co_return report;

    store::RunCommit commit_run;
    commit_run.job_id = request.job->job.id;
    commit_run.run = report.run;
    commit_run.save_task_runs = save_successful_task_runs || outcome.has_errors;
    commit_run.transactions = std::move(outcome.transactions);
    commit_run.consumed_log = std::move(request.consumed_log);
    commit_run.request_key = std::move(request.key);
    commit_run.body_hash = std::move(request.body_hash);
    commit_run.replaces = request.replaces;
    auto stored = co_await commit(std::move(commit_run));
    if (stored.errored) report.run = *std::move(stored.errored);
    report.outcome = stored.result.outcome;
    report.run.id = stored.result.run_id;
    co_return report;
}

async::Task<void> RunService::resume(store::Resumable result) {
    if (!resuming_.insert(result.task_id).second) co_return;
    struct Forget {
        std::set<Uuid>* set;
        Uuid id;
        ~Forget() { set->erase(id); }
    } forget{&resuming_, result.task_id};
    const auto run_id = result.run_id;
    const auto problem = co_await store::problem_of(resume_once(std::move(result)));
    if (!problem.empty())
        use_.log.error("a run could not go on after its transaction; it is tried again with the next block",
                       {{"run", std::to_string(run_id)}, {"reason", problem}});
}

async::Task<void> RunService::resume_once(store::Resumable result) {
    const auto lock = co_await lock_of(result.run_id);
    const auto guard = co_await lock->lock();
    auto run = co_await store::find_by_task(*use_.writer.pool, result.task_id, use_.writer.deadline());
    if (!run || run->state != model::RunState::suspended) co_return;
    const auto job = use_.catalog->by_pipeline_spec(run->pipeline_spec_id);
    if (!job) co_return;  // the job was deleted meanwhile, its runs go with it
    std::optional<std::string> output, error;
    if (result.fatal_error) {
        error = "fatal error while sending transaction: " + *result.fatal_error;
    } else if (result.reverted && result.fail_on_revert) {
        error = "transaction " + to_0x(result.tx_hash.view()) + " reverted on-chain";
    } else {
        output = result.receipt_json;
    }
    pipeline::Engine::put_result(*run, result.task_id, std::move(output), std::move(error),
                                 use_.clock->wall());
    co_await execute_stored(job, *std::move(run));
}

/// A run that waited, with a result that came.
async::Task<void> RunService::execute_stored(JobCatalog::Ptr job, model::Run run) {
    auto wanted = request_for(*job);
    wanted.resumed = std::move(run);
    auto outcome = co_await use_.engine->execute(std::move(wanted));
    if (outcome.fail_silently) {
        co_await store::delete_unfinished_run(use_.writer, outcome.run.id);
        co_return;
    }
    store::RunCommit commit_run;
    commit_run.job_id = job->job.id;
    commit_run.run = std::move(outcome.run);
    commit_run.transactions = std::move(outcome.transactions);
    co_await commit(std::move(commit_run));
}

async::Task<std::shared_ptr<async::Mutex>> RunService::lock_of(std::int64_t run_id) {
    const auto executor = co_await async::current_executor();
    std::erase_if(run_locks_, [](const auto& entry) { return entry.second.expired(); });
    auto lock = run_locks_[run_id].lock();
    if (!lock) {
        lock = std::make_shared<async::Mutex>(executor);
        run_locks_[run_id] = lock;
    }
    co_return lock;
}

async::Task<std::optional<std::int64_t>> RunService::deliver(Uuid task_id, pipeline::TaskOutput output) {
    using Put = pipeline::AwaitedResults::Put;
    const auto& awaited = use_.engine->awaited();
    const auto put = awaited->put(task_id, output);
    if (put == Put::kept) co_return std::nullopt;
    if (put == Put::closed) co_await pipeline::AwaitedResults::gone(awaited, task_id);
    const auto delivery =
        co_await store::deliver_result(use_.writer, task_id, std::move(output.json), std::move(output.error));
    if (!delivery) throw NotFound("sql: no rows in result set");
    if (!delivery->stored) co_return std::nullopt;
    co_return delivery->run_id;
}

async::Task<void> RunService::go_on(std::int64_t run_id) {
    constexpr auto pause = std::chrono::seconds(1);
    for (;;) {
        const auto problem = co_await store::problem_of(go_on_once(run_id));
        if (problem.empty()) co_return;
        use_.log.error("a run could not go on after the answer of its adapter; it is tried again",
                       {{"run", std::to_string(run_id)}, {"reason", problem}});
        co_await async::sleep_for(pause);
    }
}

async::Task<void> RunService::go_on_once(std::int64_t run_id) {
    const auto lock = co_await lock_of(run_id);
    const auto guard = co_await lock->lock();
    auto run = co_await store::find_run(*use_.writer.pool, run_id, use_.writer.deadline());
    if (!run || run->state != model::RunState::running) co_return;
    const auto job = use_.catalog->by_pipeline_spec(run->pipeline_spec_id);
    if (!job) co_return;  // the job was deleted meanwhile, its runs go with it
    // It waited until now: what is pending still does, and is not run again.
    run->state = model::RunState::suspended;
    co_await execute_stored(job, *std::move(run));
}

/// Each transaction that exists stands for one that is wanted.
async::Task<std::vector<model::NewTransaction>> RunService::without_made_ones(
    std::vector<model::NewTransaction> wanted, std::int32_t job_id, std::string request_id,
    WallTime run_created_at) {
    if (wanted.empty() || request_id.empty()) co_return wanted;
    auto made = co_await store::transactions_for_request(*use_.writer.pool, job_id, std::move(request_id),
                                                         run_created_at, use_.writer.deadline());
    std::vector<model::NewTransaction> missing;
    for (auto& one : wanted) {
        const auto found =
            std::find_if(made.begin(), made.end(), [&one](const auto& other) { return is_same(other, one); });
        if (found == made.end()) {
            missing.push_back(std::move(one));
        } else {
            made.erase(found);
        }
    }
    co_return missing;
}

async::Task<void> RunService::run_inherited(model::Run listed) {
    const auto lock = co_await lock_of(listed.id);
    const auto guard = co_await lock->lock();
    // A result may have been delivered to it, or have ended it, since it was listed.
    auto current = co_await store::find_run(*use_.writer.pool, listed.id, use_.writer.deadline());
    if (!current || current->state != model::RunState::running) co_return;
    auto run = *std::move(current);
    const auto job = use_.catalog->by_pipeline_spec(run.pipeline_spec_id);
    if (!job) {
        use_.log.warn("an unfinished run belongs to a job that this version does not run; it is left alone",
                      {{"run", std::to_string(run.id)}});
        co_return;
    }
    auto request_id = request_id_of(run);
    const auto created_at = run.created_at;
    auto wanted = request_for(*job);
    const auto id = run.id;
    wanted.resumed = std::move(run);
    auto outcome = co_await use_.engine->execute(std::move(wanted));
    if (outcome.fail_silently) {
        co_await store::delete_unfinished_run(use_.writer, id);
        co_return;
    }
    store::RunCommit commit_run;
    commit_run.job_id = job->job.id;
    commit_run.run = std::move(outcome.run);
    commit_run.transactions = co_await without_made_ones(std::move(outcome.transactions), job->job.id,
                                                         std::move(request_id), created_at);
    co_await commit(std::move(commit_run));
    use_.log.info("finished a run that was interrupted",
                  {{"run", std::to_string(id)}, {"job", job->job.name}});
}

}  // namespace baton::jobs
