#include "baton/app/epoch_services.hpp"

#include "baton/app/cookie_key.hpp"
#include "baton/async/future.hpp"
#include "baton/async/timer.hpp"
#include "baton/crypto/bcrypt.hpp"
#include "baton/crypto/eip55.hpp"
#include "baton/jobs/inherited_runs.hpp"
#include "baton/keys/ensure_keys.hpp"
#include "baton/store/chains.hpp"
#include "baton/store/jobs.hpp"
#include "baton/store/key_rings.hpp"
#include "baton/store/own.hpp"
#include "baton/store/problem.hpp"
#include "baton/store/users.hpp"

#include <algorithm>
#include <set>

namespace baton::app {

namespace {

/// How long a caller may repeat an Idempotency-Key (leadership.md section 8).
constexpr auto requests_kept_for = std::chrono::hours(168);
constexpr auto first_reaping_after = std::chrono::seconds(10);

/// Task types of a graph that this version cannot run: such a job is left alone, so that nothing of it is
/// consumed.
std::string unsupported_tasks(const pipeline::Graph& graph) {
    std::set<std::string> types;
    for (const auto& name : pipeline::task_names(graph)) {
        const auto type = name.substr(name.rfind(' ') + 1);
        if (!pipeline::is_supported(type)) types.insert(type);
    }
    std::string joined;
    for (const auto& type : types)
        joined += (joined.empty() ? "" : ", ") + type;
    return joined;
}

/// Hands the outcome of a task of the epoch to whoever waits for it; a task that is dropped unstarted tells
/// that too.
template <typename T>
class Answer {
  public:
    explicit Answer(async::Promise<T> promise) : promise_(std::move(promise)) {}
    Answer(Answer&& other) noexcept : promise_(other.promise_), armed_(std::exchange(other.armed_, false)) {}
    Answer& operator=(Answer&&) = delete;
    ~Answer() {
        if (armed_) promise_.set_error(std::make_exception_ptr(Cancelled()));
    }
    const async::Promise<T>& promise() const { return promise_; }

  private:
    async::Promise<T> promise_;
    bool armed_ = true;
};

}  // namespace

EpochServices::EpochServices(async::Executor executor, store::Writer writer, EpochDependencies dependencies)
    : executor_(executor),
      writer_(std::move(writer)),
      use_(std::move(dependencies)),
      call_ended_(executor),
      bridges_(writer_, {use_.config->web.bridge_cache_ttl, use_.config->web.bridge_response_url}),
      committer_(executor, writer_, use_.log),
      engine_(executor, *use_.environment, *use_.clock, *use_.random, *use_.metrics,
              use_.log.named("PipelineRunner")),
      runs_({&engine_, &committer_, writer_, use_.catalog,
             [this](const Address& from) {
                 if (transactions_) transactions_->wake(from);
             },
             use_.clock, use_.metrics, use_.log.named("Runs")}),
      webhook_(runs_, *use_.catalog, writer_),
      group_(executor,
             [this](const std::string& name, std::exception_ptr error) { service_ended(name, error); }),
      background_(executor, [this](const std::string& name, std::exception_ptr) {
          use_.log.error(name + " ended in this epoch; the next leader goes on with it");
      }) {}

EpochServices::~EpochServices() {
    if (use_.chain) use_.chain->listen({});
}

void EpochServices::service_ended(const std::string& name, std::exception_ptr error) {
    std::string why = name + " ended";
    try {
        std::rethrow_exception(error);
    } catch (const pg::FenceRefused& refused) {
        why = std::string("a write was refused by the fence: ") + refused.what();
    } catch (const std::exception& other) {
        why += std::string(": ") + other.what();
    }
    use_.lost(std::move(why));
}

async::Task<void> EpochServices::start() {
    use_.environment->set_bridges(&bridges_);
    co_await prepare_chain();
    co_await prepare_keys();
    co_await prepare_first_user();
    co_await prepare_cookie_key();
    co_await load_jobs();
    start_services();
}

async::Task<void> EpochServices::prepare_chain() {
    co_await store::record_version(writer_);
    if (!use_.chain) co_return;
    const auto& id = use_.chain->settings().chain_id;
    if (!use_.config->evm.nodes.empty()) {
        std::vector<store::NodeRow> nodes;
        for (const auto& node : use_.config->evm.nodes)
            nodes.push_back({node.name, id, node.ws_url, node.http_url, node.send_only});
        co_await store::ensure_chain(writer_, id, std::move(nodes));
    }
    const auto chains = co_await store::load_chains(*writer_.pool, writer_.deadline());
    for (const auto& row : chains) {
        if (row.id == id) use_.chain->set_settings(chain_settings(id, row.cfg, use_.config->environment));
    }
    use_.environment->set_chain(use_.chain->settings());
}

async::Task<void> EpochServices::prepare_keys() {
    auto stored = co_await store::read_key_ring(*writer_.pool, writer_.deadline());
    co_await use_.keys->unlock(std::move(stored), use_.key_store_password);
    keys::EnsureOptions ensure;
    if (use_.chain) ensure.evm_chains.push_back(use_.chain->settings().chain_id);
    const auto created = co_await keys::ensure_keys(*use_.keys, writer_, std::move(ensure), *use_.random);
    for (const auto& line : created)
        use_.log.info(line);
    auto states = co_await store::list_key_states(*writer_.pool, writer_.deadline());
    const auto unusable = use_.environment->set_keys(
        std::move(states), [this](const Address& address) { return use_.keys->has_eth_key(address); });
    for (const auto& address : unusable)
        use_.log.error(
            "a key of the database is not in the key ring: it gets no requests, and the transactions "
            "that it has cannot be signed; import it",
            {{"address", crypto::to_checksum(address)}});
}

async::Task<void> EpochServices::prepare_first_user() {
    const auto users = co_await store::list_users(*writer_.pool, writer_.deadline());
    if (!users.empty()) {
        use_.log.info("API exposed for user " + users.front().email);
        co_return;
    }
    if (!use_.first_user)
        throw InvalidInput("API credentials must be supplied: no user exists, and -a was not given");
    const auto password = use_.first_user->password;
    auto* random = use_.random;
    std::function<std::string()> hash = [password, random] { return crypto::bcrypt_hash(password, *random); };
    auto hashed = co_await use_.workers->run<std::string>(std::move(hash));
    co_await store::create_user(writer_, use_.first_user->email, std::move(hashed), model::Role::admin);
    use_.log.info("API exposed for user " + use_.first_user->email);
}

/// A ROOT/secret that exists already wins at the first start (leadership.md, Names).
async::Task<void> EpochServices::prepare_cookie_key() {
    const auto stored = co_await store::read_setting(*writer_.pool, writer_.fence.own_schema,
                                                     cookie_key_setting, writer_.deadline());
    if (stored) cookie_key_ = unseal_cookie_key(*stored, use_.keys->ring());
    if (!cookie_key_) {
        cookie_key_ = read_cookie_secret(use_.config->root);
        if (!cookie_key_) cookie_key_ = Secret(BytesView(use_.random->bytes(32)));
        auto sealed = seal_cookie_key(*cookie_key_, use_.keys->ring(), *use_.random);
        co_await store::replace_setting(writer_, cookie_key_setting, std::move(sealed));
    }
    write_cookie_secret(use_.config->root, *cookie_key_);
}

async::Task<void> EpochServices::load_jobs() {
    const auto broken = [this](std::int32_t id, const std::string& reason) {
        use_.log.error("a job cannot be run; the others are not affected",
                       {{"jobID", std::to_string(id)}, {"reason", reason}});
    };
    auto all = co_await store::load_jobs(*writer_.pool, writer_.deadline(), broken);
    use_.catalog->replace_all(std::move(all), broken);
    for (const auto& job : use_.catalog->all()) {
        const auto unsupported = unsupported_tasks(*job->graph);
        const auto* other = std::get_if<model::OtherSpec>(&job->job.spec);
        if (unsupported.empty() && !other) continue;
        use_.log.warn(
            "a job is left alone: " + (other ? "jobs of type " + other->type + " are not run by this version"
                                             : "its tasks are not supported by this version: " + unsupported),
            {{"jobID", std::to_string(job->job.id)}, {"job", job->job.name}});
        use_.catalog->remove(job->job.id);
    }
}

void EpochServices::start_services() {
    group_.spawn("run committer", committer_.run());
    if (use_.chain) start_chain_services();
    group_.spawn("inherited runs", jobs::finish_inherited_runs(runs_, writer_, use_.log));
    if (use_.config->pipeline.reaper_interval.count() > 0) group_.spawn("run reaper", reap_runs());
    if (use_.backup) background_.spawn("database backup", use_.backup->serve());
}

void EpochServices::start_chain_services() {
    txm::TransactionManager::Dependencies sending;
    sending.writer = writer_;
    sending.rpc = &use_.chain->rpc();
    sending.keys = use_.keys;
    sending.chain = use_.chain->settings();
    sending.clock = use_.clock;
    sending.metrics = use_.metrics;
    sending.log = use_.log.named("TxManager");
    sending.database_history = use_.database_history;
    sending.may_act = use_.may_act;
    sending.send_deadline = use_.send_deadline;
    sending.is_canonical = [chain = use_.chain](std::uint64_t number, const Hash& hash) {
        return chain->heads().is_canonical(number, hash);
    };
    sending.resume = [this](store::Resumable result) -> async::Task<void> {
        if (taking_) group_.spawn("resume run", runs_.resume(std::move(result)));
        co_return;
    };
    transactions_.emplace(executor_, std::move(sending));

    jobs::DirectRequests::Dependencies requests;
    requests.writer = writer_;
    requests.rpc = &use_.chain->rpc();
    requests.heads = &use_.chain->heads();
    requests.catalog = use_.catalog;
    requests.runs = &runs_;
    requests.chain = use_.chain->settings();
    requests.clock = use_.clock;
    requests.log = use_.log.named("DirectRequest");
    direct_requests_.emplace(executor_, std::move(requests));

    group_.spawn("transaction manager", transactions_->run());
    group_.spawn("direct requests", direct_requests_->run());
    use_.chain->listen([this](const model::Head& head) {
        transactions_->on_head(head);
        direct_requests_->on_head(head);
    });
    if (const auto head = use_.chain->latest()) {
        transactions_->on_head(*head);
        direct_requests_->on_head(*head);
    }
    watch_operators();
}

void EpochServices::watch_operators() {
    std::set<Address> contracts;
    for (const auto& job : use_.catalog->all()) {
        if (const auto* spec = std::get_if<model::DirectRequestSpec>(&job->job.spec))
            contracts.insert(spec->contract_address);
    }
    use_.chain->watch(use_.keys->eth_addresses(), {contracts.begin(), contracts.end()});
}

async::Task<void> EpochServices::reap_once() {
    co_await store::reap_runs(writer_, use_.config->pipeline.reaper_threshold);
    co_await store::reap_requests(writer_, requests_kept_for);
}

async::Task<void> EpochServices::reap_runs() {
    // Not beside the first requests of an epoch.
    co_await async::sleep_for(
        std::min<std::chrono::nanoseconds>(use_.config->pipeline.reaper_interval, first_reaping_after));
    for (;;) {
        const auto problem = co_await store::problem_of(reap_once());
        if (!problem.empty()) use_.log.error("old runs could not be deleted", {{"reason", problem}});
        co_await async::sleep_for(use_.config->pipeline.reaper_interval);
    }
}

/// Executed as a task of the epoch and awaited by the caller.
template <typename T>
async::Task<T> EpochServices::run_call(std::string name, async::Task<T> work) {
    if (!taking_) throw Cancelled();
    async::Promise<T> done(executor_);
    const auto serve = [](std::shared_ptr<EpochServices> self, async::Task<T> call,
                          Answer<T> answer) -> async::Task<void> {
        ++self->calls_running_;
        std::exception_ptr failed;
        try {
            answer.promise().set_value(co_await std::move(call));
        } catch (...) {
            failed = std::current_exception();
        }
        --self->calls_running_;
        self->call_ended_.notify();
        if (failed) answer.promise().set_error(failed);
    };
    group_.spawn(std::move(name), serve(shared_from_this(), std::move(work), Answer<T>(done)));
    const auto period = use_.silence_limit / 4;
    for (;;) {
        try {
            co_return co_await done.get(async::Deadline::after(period));
        } catch (const TimedOut&) {
            if (done.is_set()) throw;  // what the call itself threw
        }
        if (use_.is_silent()) throw Cancelled();
    }
}

async::Task<jobs::Webhook::Result> EpochServices::serve_webhook(jobs::Webhook::Call call) {
    return webhook_.run(std::move(call));
}

async::Task<jobs::Webhook::Result> EpochServices::run_webhook(jobs::Webhook::Call call) {
    return run_call("webhook run", serve_webhook(std::move(call)));
}

async::Task<bool> EpochServices::serve_delivery(Uuid task_id, pipeline::TaskOutput output) {
    const auto run_id = co_await runs_.deliver(task_id, std::move(output));
    if (run_id) group_.spawn("resume run", runs_.go_on(*run_id));
    co_return run_id.has_value();
}

async::Task<void> EpochServices::deliver(Uuid task_id, pipeline::TaskOutput output) {
    co_await run_call("task result", serve_delivery(task_id, std::move(output)));
}

async::Task<void> EpochServices::job_created(model::Job job) {
    const auto id = job.id;
    use_.catalog->put(jobs::compile(std::move(job)));
    if (direct_requests_) direct_requests_->job_created(id);
    if (use_.chain) watch_operators();
    co_return;
}

void EpochServices::job_deleted(std::int32_t id) {
    use_.catalog->remove(id);
    if (direct_requests_) direct_requests_->job_deleted(id);
    if (use_.chain) watch_operators();
}

async::Task<void> EpochServices::drain(async::Deadline deadline) {
    // First, while requests are still answered: pg_dump takes its time to end.
    co_await background_.stop();
    taking_ = false;
    if (direct_requests_) {
        direct_requests_->stop_taking();
        co_await direct_requests_->drained(deadline);
    }
    while (calls_running_ > 0) {
        const bool notified = co_await call_ended_.wait(deadline);
        if (!notified) break;
    }
}

async::Task<void> EpochServices::stop() {
    taking_ = false;
    if (use_.chain) use_.chain->listen({});
    background_.cancel();
    co_await group_.stop();
    co_await background_.stop();
    use_.environment->set_bridges(nullptr);
}

}  // namespace baton::app
