#pragma once

#include "baton/jobs/directrequest/pending_logs.hpp"
#include "baton/jobs/run_service.hpp"
#include "baton/model/chain.hpp"
#include "baton/model/head.hpp"
#include "baton/store/logs.hpp"

namespace baton::jobs {

/// Brings one due log of a direct request to its end: rejected, recognised as a repeat, or run; consumed in
/// any case, in the commit that records the effect.
class RequestRunner {
  public:
    RequestRunner(RunService& runs, store::Writer writer, model::ChainSettings chain, Logger log)
        : runs_(runs), writer_(std::move(writer)), chain_(std::move(chain)), log_(std::move(log)) {}

    /// Returns when the log is consumed. Throws Cancelled and pg errors: then it is not, and may be tried
    /// again.
    async::Task<void> handle(JobCatalog::Ptr job, model::Log log, model::Head head);

  private:
    async::Task<void> consume(std::int32_t job_id, model::Log log);
    async::Task<void> run(model::Log log, RunService::Request request);
    async::Task<void> finish_repeat(std::int32_t job_id, model::Log log, std::string key);

    RunService& runs_;
    store::Writer writer_;
    model::ChainSettings chain_;
    Logger log_;
};

}  // namespace baton::jobs
