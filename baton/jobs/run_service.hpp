#pragma once

#include "baton/async/group.hpp"
#include "baton/jobs/job_catalog.hpp"
#include "baton/store/runs.hpp"

#include <functional>
#include <set>

namespace baton::jobs {

/// Executes graphs and commits what came of it (COMMIT 2), for one epoch. All job kinds and resumptions go
/// through here. Loop thread only; the dependencies outlive it.
class RunService {
  public:
    struct Dependencies {
        pipeline::Engine* engine = nullptr;
        store::RunCommitter* committer = nullptr;
        store::Writer writer;
        const JobCatalog* catalog = nullptr;
        /// Transactions of this key were committed.
        std::function<void(const Address&)> wake_sender;
        const Clock* clock = nullptr;
        Metrics* metrics = nullptr;
        Logger log;
    };
    explicit RunService(Dependencies dependencies);

    struct Request {
        JobCatalog::Ptr job;
        codec::Map vars;
        /// Of baton.requests.
        std::string key;
        std::optional<Bytes> body_hash;
        std::optional<store::ConsumedLog> consumed_log;
    };
    struct Report {
        store::CommitOutcome outcome = store::CommitOutcome::stored;
        model::Run run;
        /// failEarly: nothing was stored (reference/pipeline.md section 11.1).
        bool fail_silently = false;
    };
    /// A new run. Throws Cancelled (then nothing happened), pg errors.
    async::Task<Report> run(Request request);

    /// A pending task of a suspended run got its result: the run goes on and is committed again. Told twice,
    /// it does nothing the second time.
    async::Task<void> resume(store::Resumable result);

    /// A run that v1.11.0 left in state running is executed again with its stored inputs and task ids. Its
    /// transaction is not made a second time when one exists for its request (leadership.md section 8).
    async::Task<void> run_inherited(model::Run run);

    /// jobSpec of every job kind: databaseID, externalJobID, name.
    static codec::Value job_spec_variables(const model::Job& job);

    /// COMMIT 2 of a run that was made elsewhere; wakes the senders of its transactions.
    async::Task<store::CommitResult> commit(store::RunCommit run);

  private:
    pipeline::RunRequest request_for(const CompiledJob& job) const;
    async::Task<bool> was_sent_before(const CompiledJob& job, const model::Run& run);

    Dependencies use_;
    /// Tasks whose resumption is under way.
    std::set<Uuid> resuming_;
};

}  // namespace baton::jobs
