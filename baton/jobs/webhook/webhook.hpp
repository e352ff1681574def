#pragma once

#include "baton/jobs/run_service.hpp"

namespace baton::jobs {

/// Runs webhook jobs that somebody asks for over HTTP (reference/jobs.md section 5), for one epoch.
class Webhook {
  public:
    Webhook(RunService& runs, const JobCatalog& catalog, store::Writer writer, Random& random)
        : runs_(runs), catalog_(catalog), writer_(std::move(writer)), random_(random) {}

    struct Call {
        Uuid external_job_id;
        std::string body;
        /// The caller's; without one each call is a run of its own.
        std::optional<std::string> idempotency_key;
    };
    struct Result {
        enum class Kind { stored, unknown_job, key_with_other_body };
        Kind kind = Kind::stored;
        model::Run run;
        JobCatalog::Ptr job;
    };
    /// Returns after the commit. Throws baton::Error when failEarly stopped the run: nothing was stored.
    async::Task<Result> run(Call call);

  private:
    async::Task<std::optional<Result>> find_earlier(JobCatalog::Ptr job, std::string key, Bytes body_hash);

    RunService& runs_;
    const JobCatalog& catalog_;
    store::Writer writer_;
    Random& random_;
};

}  // namespace baton::jobs
