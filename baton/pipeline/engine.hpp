#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/error.hpp"
#include "baton/base/log.hpp"
#include "baton/base/metrics.hpp"
#include "baton/base/random.hpp"
#include "baton/codec/value.hpp"
#include "baton/crypto/vrf.hpp"
#include "baton/model/job.hpp"
#include "baton/model/run.hpp"
#include "baton/model/transaction.hpp"
#include "baton/pipeline/awaited_results.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace baton::net {
class HttpClient;
}

namespace baton::pipeline {

class Bridges;
class ChainReader;
class Graph;

/// Parses the task-graph text once per job; the result is immutable and shared. Throws InvalidInput with the
/// texts of reference/pipeline.md section 2.
std::shared_ptr<const Graph> parse_graph(std::string_view text);
/// "<dot id> <type>" in topological order, for the command line's tasks column.
std::vector<std::string> task_names(const Graph& graph);
/// Any ethtx, or a bridge with async exactly true (section 14.1).
bool requires_pre_insert(const Graph& graph);
/// Names of all bridge tasks as written ("" for a bridge without a name).
std::vector<std::string> bridge_names(const Graph& graph);
/// True when this version runs tasks of that type; false for those that it only knows, and for unknown ones.
bool is_supported(std::string_view task_type);
/// For the creation of jobs: throws InvalidInput when runs of the graph could never succeed, because a task's
/// type is not supported by this version, there is no task at all, or a task's name cannot be stored (a dot
/// in it, empty, used twice).
void check_runnable(const Graph& graph);
/// `task type "bridge" is not supported by this version of Baton`
std::string unsupported_text(std::string_view task_type);

/// What tasks need from outside; implemented in app over keys, txm and configuration, by stubs in tests.
class Environment {
  public:
    virtual ~Environment() = default;
    /// Decimal id of the default chain; nothing when no chain is configured.
    virtual std::optional<BigInt> default_chain() const = 0;
    struct Chain {
        BigInt id;
        std::uint32_t finality_depth = 50;
        std::uint32_t gas_limit_default = 500'000;
        /// LimitJobType for this run's job type, when set.
        std::optional<std::uint32_t> gas_limit_for_job_type;
    };
    /// Nothing when the chain is not configured.
    virtual std::optional<Chain> chain(const BigInt& id, const std::string& job_type) const = 0;
    /// Of a configured chain; lives as long as runs do. nullptr: it has no endpoints.
    virtual ChainReader* chain_reader(const BigInt& chain_id) {
        (void)chain_id;
        return nullptr;
    }
    /// By the node's VRF key of that id. Throws NotFound "unable to find VRF key with id 0x...".
    virtual crypto::VrfProof prove(const crypto::VrfKeyId& key, const Hash& seed) const {
        (void)seed;
        throw NotFound("unable to find VRF key with id " + to_0x(key.view()));
    }
    /// Least recently used enabled key of the chain among `candidates` (all when empty). Throws baton::Error
    /// with the texts of reference/keystore.md section 6.
    virtual Address next_key(const BigInt& chain_id, const std::vector<Address>& candidates) = 0;
    virtual net::HttpClient& http() = 0;
    struct HttpLimits {
        std::size_t max_bytes = 32'768;
        std::chrono::nanoseconds default_timeout{std::chrono::seconds(15)};
    };
    virtual HttpLimits http_limits() const = 0;
    /// 0: no limit.
    virtual std::chrono::nanoseconds max_run_duration() const = 0;
    /// Numeric addresses of the database host: restricted http requests must not reach them (section 16).
    virtual std::set<std::string> database_addresses() const { return {}; }
    /// Owned by the environment; nullptr: there are none.
    virtual Bridges* bridges() { return nullptr; }
    /// Forwarder contract for transactions of that key, asked only for jobs that allow forwarding. Nothing:
    /// none, or the chain has no forwarders enabled.
    virtual std::optional<Address> forwarder(const BigInt& chain_id, const Address& from) {
        (void)chain_id;
        (void)from;
        return std::nullopt;
    }
};

/// One execution of a job's graph, new or resumed.
struct RunRequest {
    std::shared_ptr<const Graph> graph;
    std::int32_t job_id = 0;
    std::string job_name;
    std::string job_type;
    std::optional<std::uint32_t> job_gas_limit;
    bool forwarding_allowed = false;
    std::chrono::nanoseconds max_task_duration{0};
    std::int32_t pipeline_spec_id = 0;
    /// Job variables ("jobSpec", "jobRun"). For graphs that require a pre-insert the engine hands tasks their
    /// JSON round trip.
    codec::Map vars;
    /// Set when an existing run goes on: its stored inputs and task rows replace `vars`. Results that are
    /// there are not computed again (section 14.3).
    std::optional<model::Run> resumed;
};

/// What an execution came to. Nothing is stored by the engine.
struct RunOutcome {
    /// completed, errored or suspended; with id and creation time of the resumed run, or id 0.
    model::Run run;
    /// True when failEarly stopped it: nothing is to be stored (section 11.1).
    bool fail_silently = false;
    /// True when some task failed, terminal or not (section 13.2: then task rows are always saved).
    bool has_errors = false;
    /// One per ethtx task that ran in this execution, in order of execution; written in the same commit as
    /// the run.
    std::vector<model::NewTransaction> transactions;
    /// Of a new run with tasks that a result may come for: to be kept until the run is stored.
    std::shared_ptr<AwaitedResults::Places> awaited;
};

class Engine {
  public:
    /// All references outlive the engine.
    Engine(async::Executor executor, Environment& environment, const Clock& clock, Random& random,
           Metrics& metrics, Logger log);
    ~Engine();
    /// Executes ready tasks concurrently on the calling executor until the run ended or is suspended. Throws
    /// Cancelled when the owner cancels: then nothing happened. Task errors are part of the outcome, never
    /// thrown.
    async::Task<RunOutcome> execute(RunRequest request);
    /// Where results for tasks of new runs are delivered.
    const std::shared_ptr<AwaitedResults>& awaited() const;
    /// Puts a result into a pending task of a suspended run, in memory (section 14.3): output JSON text or an
    /// error. The caller then executes the run as `resumed`. Throws NotFound when the run has no such pending
    /// task.
    static void put_result(model::Run& run, Uuid task_id, std::optional<std::string> output_json,
                           std::optional<std::string> error, WallTime now);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace baton::pipeline
