#include "baton/jobs/run_service.hpp"

#include "baton/codec/json.hpp"

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

async::Task<store::CommitResult> RunService::commit(store::RunCommit run) {
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
    const auto result = co_await commit(std::move(commit_run));
    report.outcome = result.outcome;
    report.run.id = result.run_id;
    co_return report;
}

async::Task<void> RunService::resume(store::Resumable result) {
    if (!resuming_.insert(result.task_id).second) co_return;
    struct Forget {
        std::set<Uuid>* set;
        Uuid id;
        ~Forget() { set->erase(id); }
    } forget{&resuming_, result.task_id};

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

async::Task<bool> RunService::was_sent_before(const CompiledJob& job, const model::Run& run) {
    const auto request_id = request_id_of(run);
    if (request_id.empty()) co_return false;
    const auto* spec = std::get_if<model::DirectRequestSpec>(&job.job.spec);
    const auto chain_id = spec ? spec->evm_chain_id : std::nullopt;
    const bool exists = co_await store::transaction_exists_for(*use_.writer.pool, chain_id, job.job.id,
                                                               request_id, use_.writer.deadline());
    co_return exists;
}

async::Task<void> RunService::run_inherited(model::Run run) {
    const auto job = use_.catalog->by_pipeline_spec(run.pipeline_spec_id);
    if (!job) {
        use_.log.warn("an unfinished run belongs to a job that this version does not run; it is left alone",
                      {{"run", std::to_string(run.id)}});
        co_return;
    }
    const bool sent = co_await was_sent_before(*job, run);
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
    if (!sent) commit_run.transactions = std::move(outcome.transactions);
    co_await commit(std::move(commit_run));
    use_.log.info("finished a run that was interrupted",
                  {{"run", std::to_string(id)}, {"job", job->job.name}});
}

}  // namespace baton::jobs
