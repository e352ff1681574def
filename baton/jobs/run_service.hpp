#pragma once

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/jobs/job_catalog.hpp"
#include "baton/store/runs.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
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
        /// See store::RunCommit.
        std::optional<store::RecordedRequest> replaces;
    };
    struct Report {
        store::CommitOutcome outcome = store::CommitOutcome::stored;
        model::Run run;
        /// failEarly: nothing was stored (reference/pipeline.md section 11.1).
        bool fail_silently = false;
    };
    /// A new run. One whose result the database refuses is recorded as errored. Throws Cancelled (then
    /// nothing happened), pg errors.
    async::Task<Report> run(Request request);

    /// A pending task of a suspended run got its result: the run goes on and is committed again. Told twice,
    /// it does nothing the second time. Throws FenceRefused and Cancelled only: on any other error, which is
    /// logged, the run stays suspended, to be told again with the next head.
    async::Task<void> resume(store::Resumable result);

    /// A run that v1.11.0 left in state running is executed again with its stored inputs and task ids. Those
    /// of its transactions that exist for its request are not made a second time (leadership.md section 8).
    async::Task<void> run_inherited(model::Run listed);

    /// A result came from outside for a task that waits for it; when this returns it is not lost any more.
    /// The run that go_on() is to be called with, if any. Told twice, it does nothing the second time. Throws
    /// NotFound when no run that is not over has such a task, pg errors.
    async::Task<std::optional<std::int64_t>> deliver(Uuid task_id, pipeline::TaskOutput output);
    /// The run goes on with the results that were delivered; tries until that succeeds. Throws FenceRefused
    /// and Cancelled only.
    async::Task<void> go_on(std::int64_t run_id);

    /// jobSpec of every job kind: databaseID, externalJobID, name.
    static codec::Value job_spec_variables(const model::Job& job);

  private:
    pipeline::RunRequest request_for(const CompiledJob& job) const;
    struct Stored {
        store::CommitResult result;
        /// Set when the run was recorded as errored instead.
        std::optional<model::Run> errored;
    };
    async::Task<Stored> commit(store::RunCommit run);
    async::Task<store::CommitResult> commit_as_it_is(store::RunCommit run);
    async::Task<void> resume_once(store::Resumable result);
    async::Task<void> go_on_once(std::int64_t run_id);
    async::Task<void> execute_stored(JobCatalog::Ptr job, model::Run run);
    async::Task<std::shared_ptr<async::Mutex>> lock_of(std::int64_t run_id);
    async::Task<std::vector<model::NewTransaction>> without_made_ones(
        std::vector<model::NewTransaction> wanted, std::int32_t job_id, std::string request_id,
        WallTime run_created_at);

    Dependencies use_;
    /// Tasks whose resumption is under way.
    std::set<Uuid> resuming_;
    /// One execution of a stored run at a time.
    std::map<std::int64_t, std::weak_ptr<async::Mutex>> run_locks_;
};

}  // namespace baton::jobs
