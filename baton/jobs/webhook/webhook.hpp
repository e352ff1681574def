#pragma once

#include "baton/jobs/run_service.hpp"

namespace baton::jobs {

/// Runs webhook jobs that somebody asks for over HTTP (reference/jobs.md section 5), for one epoch.
class Webhook {
  public:
    Webhook(RunService& runs, const JobCatalog& catalog, store::Writer writer)
        : runs_(runs), catalog_(catalog), writer_(std::move(writer)) {}

    struct Call {
        Uuid external_job_id;
        std::string body;
        /// Names the call: one run per job and key.
        std::string key;
        /// The caller chose the key: with another body it is refused.
        bool callers_key = false;
        /// The key may have a run already: it is looked for before another is executed. Where it is not, a
        /// second run is executed, found out by the commit, and not stored.
        bool may_be_repeat = false;
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
    async::Task<std::optional<Result>> find_earlier(JobCatalog::Ptr job, std::string key,
                                                    std::optional<Bytes> body_hash);

    RunService& runs_;
    const JobCatalog& catalog_;
    store::Writer writer_;
};

}  // namespace baton::jobs
