#include "baton/jobs/webhook/webhook.hpp"

#include "baton/crypto/sha.hpp"

namespace baton::jobs {

namespace {

codec::Map variables(const model::Job& job, std::string body) {
    codec::Map job_run;
    job_run["requestBody"] = codec::Value(std::move(body));
    job_run["meta"] = codec::Value();
    codec::Map vars;
    vars["jobSpec"] = RunService::job_spec_variables(job);
    vars["jobRun"] = codec::Value::map(std::move(job_run));
    return vars;
}

}  // namespace

async::Task<std::optional<Webhook::Result>> Webhook::find_earlier(JobCatalog::Ptr job, std::string key,
                                                                  std::optional<Bytes> body_hash) {
    const auto deadline = writer_.deadline();
    const auto recorded = co_await store::find_request(*writer_.pool, writer_.fence.own_schema, job->job.id,
                                                       std::move(key), deadline);
    if (!recorded) co_return std::nullopt;
    Result result;
    result.job = job;
    if (recorded->body_hash != body_hash) {
        result.kind = Result::Kind::key_with_other_body;
        co_return result;
    }
    auto run = co_await store::find_run(*writer_.pool, recorded->run_id, deadline);
    if (!run) throw NotFound("the run of this idempotency key is not kept any more");
    result.run = *std::move(run);
    co_return result;
}

async::Task<Webhook::Result> Webhook::run(Call call) {
    Result result;
    result.job = catalog_.by_external_id(call.external_job_id);
    if (!result.job || !std::holds_alternative<model::WebhookSpec>(result.job->job.spec)) {
        result.kind = Result::Kind::unknown_job;
        co_return result;
    }
    RunService::Request request;
    request.job = result.job;
    request.key = "webhook:" + call.key;
    // A key that an instance made comes with one body only.
    if (call.callers_key) {
        const auto hash = crypto::sha256(as_bytes(call.body));
        request.body_hash = Bytes(hash.bytes.begin(), hash.bytes.end());
    }
    if (call.may_be_repeat) {
        auto earlier = co_await find_earlier(result.job, request.key, request.body_hash);
        if (earlier) co_return *std::move(earlier);
    }
    const auto key = request.key;
    const auto body_hash = request.body_hash;
    request.vars = variables(result.job->job, std::move(call.body));
    auto report = co_await runs_.run(std::move(request));
    if (report.fail_silently)
        throw Error("the run failed early: a task with failEarly=true failed, so no run was stored");
    if (report.outcome == store::CommitOutcome::already_done) {
        // The same key was used by a call that ran beside this one.
        auto earlier = co_await find_earlier(result.job, key, body_hash);
        if (earlier) co_return *std::move(earlier);
    }
    result.run = std::move(report.run);
    co_return result;
}

}  // namespace baton::jobs
