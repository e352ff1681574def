#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/async/worker_pool.hpp"
#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/log.hpp"
#include "baton/base/metrics.hpp"
#include "baton/base/random.hpp"
#include "baton/base/uuid.hpp"
#include "baton/model/chain.hpp"
#include "baton/model/job.hpp"
#include "baton/model/leadership.hpp"
#include "baton/model/lock_survey.hpp"
#include "baton/model/run.hpp"
#include "baton/net/http_client.hpp"
#include "baton/pipeline/awaited_results.hpp"
#include "baton/store/writer.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::api {

class Accounts;

// What the API needs from the rest of the node. Implemented in app, by stubs in tests; called on the loop
// thread only. Whatever these throw that is derived from baton::Error becomes status 500 with what() as its
// detail, except pg::FenceRefused, which is answered like a write on a standby: 503 with the leader's
// address, and trouble of the database: 503.

/// Who leads, as far as this instance knows.
class LeadershipView {
  public:
    virtual ~LeadershipView() = default;
    virtual model::LeadershipState state() const = 0;
    /// This instance leads, its services run, and by its own clock nobody can have taken over
    /// (leadership.md section 6).
    virtual bool acts() const = 0;
    /// Present only while this instance leads and its services run: all that a write to product tables needs.
    virtual std::optional<store::Writer> writer() const = 0;
    /// For how long the database has not answered this instance, which leads; zero when it does not lead.
    virtual std::chrono::nanoseconds silence() const = 0;
    struct Leader {
        std::string name;
        /// As advertised (HA_ADVERTISE_URL), e.g. "http://10.0.0.5:6688".
        std::string address;
        std::int64_t epoch = 0;
        /// Random, new at each takeover. Never shown: calls that are passed on prove with it where they come
        /// from.
        Uuid token;
    };
    /// Another instance that leads, as last heard of; nothing when nobody else is known to.
    virtual std::optional<Leader> leader() const = 0;
    /// Of this instance when it leads, else of the leader as last heard of.
    virtual std::optional<std::int64_t> leading_epoch() const = 0;
    /// How long nobody has been known to lead; zero while somebody is.
    virtual std::chrono::nanoseconds leaderless_for() const = 0;
    /// Looks soon; returns when something may have changed, at the deadline at the latest. Any number of
    /// calls may wait: they share a look. Throws Cancelled only.
    virtual async::Task<void> look_for_leader(async::Deadline until) = 0;
    /// Returns when something may have changed, without looking more often for it. Throws Cancelled only.
    virtual async::Task<void> leader_changes() = 0;
    /// This instance was told to end.
    virtual bool leaving() const = 0;
    /// Name and client id of this instance.
    virtual std::string name() const = 0;
    virtual Uuid client_id() const = 0;
    /// Quoted name of the own schema; empty while the database has not been reached yet.
    virtual std::string own_schema() const = 0;
    /// Passes the leadership to a standby, the one of that name if there is one
    /// (lease::Leadership::hand_over). Throws InvalidInput when that cannot be.
    virtual async::Task<void> hand_over(std::optional<std::string> to) = 0;
    /// Ends this process at once, with no clean-up, as a kill from outside does. Does not return (in tests it
    /// does).
    virtual void die() = 0;
    /// Who holds and who waits for the locks now. REQUIRES: own_schema() is not empty.
    virtual async::Task<model::LockSurvey> locks(async::Deadline deadline) = 0;
    virtual model::LockingMode mode() const = 0;
    /// Lines for the operator: sending address without balance, not authorised, cookies that cannot work, ...
    virtual std::vector<std::string> warnings() const = 0;
};

/// The jobs that run in this epoch.
class JobControl {
  public:
    virtual ~JobControl() = default;
    /// The job's rows are committed: its services start. Throws baton::Error when they cannot; the rows stay
    /// (reference/jobs.md section 1.4).
    virtual async::Task<void> job_created(model::Job job) = 0;
    /// The job's rows are gone: its services end. Fine for a job that never started.
    virtual async::Task<void> job_deleted(std::int32_t id) = 0;
    /// The row of that bridge was created, changed or deleted.
    virtual void bridge_changed(const std::string& name) = 0;
    /// The settings of a chain (nothing: of the default chain); nothing when it is not configured.
    virtual std::optional<model::ChainSettings> chain(const std::optional<BigInt>& id) const = 0;
};

struct WebhookCall {
    Uuid external_job_id;
    /// Raw; becomes $(jobRun.requestBody).
    std::string body;
    /// Names the call among those of its job.
    std::string key;
    /// The caller chose the key, and may use it with another body one day: that is refused.
    bool callers_key = false;
    /// Look for a run of this key before one is made.
    bool may_be_repeat = false;
};

struct WebhookResult {
    enum class Kind {
        /// Executed and committed, finished or suspended; or found under its idempotency key.
        stored,
        /// No started webhook job has this UUID.
        unknown_job,
        /// The idempotency key was used before with another body.
        key_with_other_body,
    };
    Kind kind = Kind::stored;
    /// Of `stored`.
    model::Run run;
    std::shared_ptr<const model::Job> job;
};

class WebhookRunner {
  public:
    virtual ~WebhookRunner() = default;
    /// Called on the leader only; returns after the run is committed.
    virtual async::Task<WebhookResult> run_webhook(WebhookCall call) = 0;
};

/// Results that come from outside for tasks that wait for them.
class TaskResults {
  public:
    virtual ~TaskResults() = default;
    /// Called on the leader only; when it returns the result is not lost any more. Throws NotFound when no
    /// run that is not over has such a task.
    virtual async::Task<void> deliver(Uuid task_id, pipeline::TaskOutput output) = 0;
};

/// One key on one chain (reference/rest-api.md section 5, eTHKeys).
struct EthKey {
    Address address;
    BigInt chain_id;
    std::int64_t next_nonce = 0;
    /// Wei and juels; nothing when the chain cannot be asked.
    std::optional<BigInt> eth_balance;
    std::optional<BigInt> link_balance;
    bool disabled = false;
    WallTime created_at{};
    WallTime updated_at{};
    /// Wei: the key's own maximum, else the chain's.
    std::optional<BigInt> max_gas_price;
};

class EthKeys {
  public:
    virtual ~EthKeys() = default;
    /// One per (address, chain), disabled ones last.
    virtual async::Task<std::vector<EthKey>> list(async::Deadline deadline) = 0;
};

struct HealthCheck {
    /// Go type name as in reference/rest-api.md section 4, or a name of our own.
    std::string name;
    bool passing = true;
    /// Why not; when passing empty, or what is good to know.
    std::string output;
};

class Health {
  public:
    virtual ~Health() = default;
    /// What /health shows: is everything as it should be?
    virtual std::vector<HealthCheck> health() const = 0;
    /// What /readyz answers by (503 when one fails): can this instance do its part, leading or standing by?
    virtual std::vector<HealthCheck> readiness() const = 0;
};

/// Settings of the web server (reference/configuration.md; defaults as v1.11.0's).
struct ApiSettings {
    /// "1.11.0" and the commit, as GET /v2/build_info tells them.
    std::string version;
    std::string commit;
    bool dev = false;
    bool secure_cookies = true;
    /// ALLOW_ORIGINS: comma-separated, "*" = any.
    std::string allow_origins = "http://localhost:3000,http://localhost:6688";
    std::chrono::nanoseconds session_timeout{std::chrono::minutes(15)};
    /// REAPER_EXPIRATION: rows older than session_timeout + this are deleted after a login or logout.
    std::chrono::nanoseconds session_reaper_expiration{std::chrono::hours(240)};
    std::int64_t authenticated_rate_limit = 1000;
    std::chrono::nanoseconds authenticated_rate_period{std::chrono::minutes(1)};
    std::int64_t unauthenticated_rate_limit = 5;
    std::chrono::nanoseconds unauthenticated_rate_period{std::chrono::seconds(20)};
    /// DEFAULT_HTTP_LIMIT, bytes.
    std::size_t body_limit = 32768;
    /// CHAINLINK_TLS_REDIRECT and CHAINLINK_TLS_HOST.
    bool tls_redirect = false;
    std::string tls_host;
    /// A leader without a sign of life for longer than this counts as none.
    std::chrono::milliseconds leader_silence{10'000};
    /// HA_FORWARD_WRITES and HA_FORWARD_TIMEOUT: what a standby does with calls that only the leader may do,
    /// and within what time they are answered there.
    bool forward_writes = true;
    std::chrono::nanoseconds forward_timeout{std::chrono::seconds(30)};
    /// A leader whose database is silent for longer gives up the calls that only the leader may do: 2 x
    /// HA_SUSPECT_AFTER, because another one can lead by then.
    std::chrono::nanoseconds silence_limit{std::chrono::seconds(4)};
    /// Limit of the queries of one request; a webhook run has none but the pipeline's own.
    std::chrono::nanoseconds query_timeout{std::chrono::seconds(10)};
};

/// Everything that the API works with; all of it outlives the Api.
struct Services {
    pg::Pool* pool = nullptr;
    LeadershipView* leadership = nullptr;
    JobControl* jobs = nullptr;
    WebhookRunner* webhooks = nullptr;
    TaskResults* task_results = nullptr;
    EthKeys* eth_keys = nullptr;
    Health* health = nullptr;
    /// Text of GET /metrics in Prometheus' format 0.0.4.
    std::function<std::string()> metrics_page;
    /// For calls to the leader; without it they are refused.
    net::HttpClient* forward_client = nullptr;
    /// For bcrypt.
    async::WorkerPool* workers = nullptr;
    /// Users and sessions; left out, those of the database (tests pass a stub).
    Accounts* accounts = nullptr;
    const Clock* clock = &Clock::system();
    Random* random = &Random::system();
    Metrics* metrics = &Metrics::none();
    Logger log;
};

}  // namespace baton::api
