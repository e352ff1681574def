#include "baton/jobs/directrequest/request_runner.hpp"

#include "baton/jobs/directrequest/oracle_request.hpp"

namespace baton::jobs {

async::Task<void> RequestRunner::consume(std::int32_t job_id, model::Log log) {
    co_await store::mark_consumed(writer_, job_id, chain_.chain_id, model::key_of(log), log.block_number);
}

async::Task<void> RequestRunner::handle(JobCatalog::Ptr job, model::Log log, model::Head head) {
    const auto& spec = std::get<model::DirectRequestSpec>(job->job.spec);
    const auto decoded = decode_oracle_request(log);
    std::vector<LogField> about{{"job", job->job.name},
                                {"jobID", std::to_string(job->job.id)},
                                {"txHash", to_0x(log.tx_hash.view())},
                                {"logIndex", std::to_string(log.log_index)}};
    if (!decoded) {
        log_.error("a log has the topic of an oracle request but not its form; it is passed over", about);
        co_await consume(job->job.id, log);
        co_return;
    }
    about.push_back({"requestID", to_0x(decoded->request_id.view())});
    const auto minimum = spec.min_contract_payment.value_or(chain_.min_contract_payment);
    const auto rejected = rejection(spec, *decoded, minimum);
    if (rejected) {
        log_.warn(*rejected, about);
        co_await consume(job->job.id, log);
        co_return;
    }
    RunService::Request request;
    request.job = job;
    request.key = "log:" + to_0x(decoded->request_id.view());
    const auto earlier = co_await store::find_request(*writer_.pool, writer_.fence.own_schema, job->job.id,
                                                      request.key, writer_.deadline());
    bool given_up = false;
    if (earlier) given_up = co_await store::is_given_up(*writer_.pool, earlier->run_id, writer_.deadline());
    if (earlier && !given_up) {
        log_.info("the request was seen before in another block and has its run; no second one is made",
                  about);
        co_await consume(job->job.id, log);
        co_return;
    }
    if (given_up) {
        log_.warn("the request was seen before, but its transaction was given up; it is run again", about);
        request.replaces = earlier;
    }
    request.vars = request_variables(job->job, log, *decoded, head);
    request.consumed_log =
        store::ConsumedLog{job->job.id, chain_.chain_id, model::key_of(log), log.block_number};
    co_await run(std::move(log), std::move(request));
}

async::Task<void> RequestRunner::run(model::Log log, RunService::Request request) {
    const auto job_id = request.job->job.id;
    auto key = request.key;
    const auto report = co_await runs_.run(std::move(request));
    // failEarly leaves no run.
    if (report.fail_silently) {
        co_await consume(job_id, std::move(log));
    } else if (report.outcome == store::CommitOutcome::already_done) {
        co_await finish_repeat(job_id, std::move(log), std::move(key));
    }
}

/// COMMIT 2 was refused because the request has its run, or the log is not there unconsumed. Only what is
/// known to be done is done.
async::Task<void> RequestRunner::finish_repeat(std::int32_t job_id, model::Log log, std::string key) {
    const auto earlier = co_await store::find_request(*writer_.pool, writer_.fence.own_schema, job_id,
                                                      std::move(key), writer_.deadline());
    if (earlier) {
        co_await consume(job_id, std::move(log));
        co_return;
    }
    const bool consumed = co_await store::is_consumed(*writer_.pool, job_id, chain_.chain_id,
                                                      model::key_of(log), writer_.deadline());
    if (!consumed) throw Error("the log of a request is not on record; its run was not stored");
}

}  // namespace baton::jobs
