#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/eth/head_chain.hpp"
#include "baton/eth/rpc_client.hpp"
#include "baton/jobs/run_service.hpp"
#include "baton/model/chain.hpp"

#include <memory>

namespace baton::jobs {

/// All direct-request jobs of one chain for one epoch: reads the logs of every block, records them (COMMIT
/// 1), and has each request run when it is deep enough. Loop thread only.
class DirectRequests {
  public:
    struct Dependencies {
        store::Writer writer;
        eth::RpcClient* rpc = nullptr;
        /// Fed by the owner of the head feed before on_head() is called.
        const eth::HeadChain* heads = nullptr;
        const JobCatalog* catalog = nullptr;
        RunService* runs = nullptr;
        model::ChainSettings chain;
        /// Jobs that name no chain belong to this one.
        bool is_default_chain = true;
        const Clock* clock = nullptr;
        Logger log;
    };
    DirectRequests(async::Executor executor, Dependencies dependencies);
    ~DirectRequests();

    /// Works until cancelled. Throws pg::FenceRefused when this instance no longer leads.
    async::Task<void> run();
    void on_head(const model::Head& head);
    /// A job that came just now: its requests of the last block_backfill_depth blocks are found too.
    void job_created(std::int32_t id);
    void job_deleted(std::int32_t id);

    /// Starts no more requests; those that wait stay unconsumed for the next leader.
    void stop_taking();
    /// True when every request under way has ended, false when the deadline passed.
    async::Task<bool> drained(async::Deadline deadline);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::jobs
