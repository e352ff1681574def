#pragma once

#include "baton/app/chain_connection.hpp"
#include "baton/app/credentials.hpp"
#include "baton/app/database_backup.hpp"
#include "baton/app/pipeline_environment.hpp"
#include "baton/app/stored_bridges.hpp"
#include "baton/async/group.hpp"
#include "baton/jobs/directrequest/direct_requests.hpp"
#include "baton/jobs/webhook/webhook.hpp"
#include "baton/keys/key_store.hpp"
#include "baton/txm/txm.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace baton::app {

/// What outlives epochs and is lent to each one.
struct EpochDependencies {
    const Config* config = nullptr;
    keys::KeyStore* keys = nullptr;
    /// Asked for when the ring has to be unlocked again.
    Secret key_store_password;
    jobs::JobCatalog* catalog = nullptr;
    PipelineEnvironment* environment = nullptr;
    /// Nothing when no chain is configured.
    ChainConnection* chain = nullptr;
    /// Nothing when no periodic backups are asked for.
    DatabaseBackup* backup = nullptr;
    std::optional<ApiCredentials> first_user;
    async::WorkerPool* workers = nullptr;
    const Clock* clock = nullptr;
    Random* random = nullptr;
    Metrics* metrics = nullptr;
    Logger log;
    std::string database_history;
    std::function<bool()> may_act;
    std::function<async::Deadline()> send_deadline;
    /// The database has not answered for longer than the limit: callers are let go.
    std::chrono::nanoseconds silence_limit{};
    std::function<bool()> is_silent;
    /// The fence was refused, or a service ended that must not.
    std::function<void(std::string why)> lost;
};

/// Everything that acts for one epoch: built after the takeover, destroyed with all its tasks awaited when
/// the epoch ends (leadership.md section 7). Loop thread only.
class EpochServices : public std::enable_shared_from_this<EpochServices> {
  public:
    EpochServices(async::Executor executor, store::Writer writer, EpochDependencies dependencies);
    ~EpochServices();

    /// Reads what changed while others led, creates what a first start creates, starts the services. Throwing
    /// ends the epoch.
    async::Task<void> start();
    /// Ends a backup; then takes nothing new and waits, up to the deadline, for what is under way.
    async::Task<void> drain(async::Deadline deadline);
    /// Cancels and awaits every task of the epoch.
    async::Task<void> stop();

    const store::Writer& writer() const { return writer_; }
    /// 32 bytes that sign session cookies, the same on all instances; known after start().
    const std::optional<Secret>& cookie_key() const { return cookie_key_; }

    /// Executed and awaited as a task of the epoch, so that its end also ends the call. Throws Cancelled when
    /// the epoch ends, or the database is silent; then the run itself goes on as long as the epoch does.
    async::Task<jobs::Webhook::Result> run_webhook(jobs::Webhook::Call call);
    /// As a task of the epoch as well; the run goes on in the background.
    async::Task<void> deliver(Uuid task_id, pipeline::TaskOutput output);
    async::Task<void> job_created(model::Job job);
    void job_deleted(std::int32_t id);
    void bridge_changed(const std::string& name) { bridges_.changed(name); }

  private:
    template <typename T>
    async::Task<T> run_call(std::string name, async::Task<T> work);
    async::Task<jobs::Webhook::Result> serve_webhook(jobs::Webhook::Call call);
    async::Task<bool> serve_delivery(Uuid task_id, pipeline::TaskOutput output);
    async::Task<void> prepare_chain();
    async::Task<void> prepare_keys();
    async::Task<void> prepare_first_user();
    async::Task<void> prepare_cookie_key();
    async::Task<void> load_jobs();
    void start_services();
    void start_chain_services();
    async::Task<void> reap_once();
    async::Task<void> reap_runs();
    void service_ended(const std::string& name, std::exception_ptr error);
    void watch_operators();

    async::Executor executor_;
    store::Writer writer_;
    EpochDependencies use_;
    std::optional<Secret> cookie_key_;
    bool taking_ = true;
    std::size_t calls_running_ = 0;
    async::Event call_ended_;
    StoredBridges bridges_;
    store::RunCommitter committer_;
    pipeline::Engine engine_;
    jobs::RunService runs_;
    jobs::Webhook webhook_;
    std::optional<txm::TransactionManager> transactions_;
    std::optional<jobs::DirectRequests> direct_requests_;
    async::TaskGroup group_;
    /// No request waits for it, and its end does not end the epoch.
    async::TaskGroup background_;
};

}  // namespace baton::app
