#include "baton/pipeline/engine.hpp"

#include "baton/base/error.hpp"
#include "baton/pipeline/execution.hpp"
#include "baton/pipeline/go_text.hpp"
#include "baton/pipeline/run_record.hpp"
#include "baton/pipeline/stored_json.hpp"

#include <algorithm>
#include <unordered_map>

namespace baton::pipeline {

struct Engine::Impl {
    async::Executor executor;
    Environment& environment;
    const Clock& clock;
    Random& random;
    Metrics& metrics;
    Logger log;
    std::shared_ptr<AwaitedResults> awaited;

    struct Cached {
        std::weak_ptr<const Graph> graph;
        std::shared_ptr<JobMetrics> metrics;
    };
    std::unordered_map<std::int32_t, Cached> job_metrics;
    std::size_t look_for_deleted_jobs_at = 256;

    std::shared_ptr<JobMetrics> metrics_of(const RunRequest& request) {
        const auto found = job_metrics.find(request.job_id);
        if (found != job_metrics.end() && found->second.graph.lock() == request.graph &&
            found->second.metrics->job_name() == request.job_name) {
            return found->second.metrics;
        }
        if (job_metrics.size() >= look_for_deleted_jobs_at) forget_deleted_jobs();
        auto made = std::make_shared<JobMetrics>(metrics, request.graph->tasks().size(), request.job_id,
                                                 request.job_name);
        job_metrics[request.job_id] = {request.graph, made};
        return made;
    }

    /// Nobody says when a job was deleted, but nobody holds its graph then.
    void forget_deleted_jobs() {
        std::erase_if(job_metrics, [](const auto& entry) { return entry.second.graph.expired(); });
        look_for_deleted_jobs_at = std::max<std::size_t>(256, 2 * job_metrics.size());
    }
};

Engine::Engine(async::Executor executor, Environment& environment, const Clock& clock, Random& random,
               Metrics& metrics, Logger log)
    : impl_(new Impl{executor, environment, clock, random, metrics, std::move(log),
                     std::make_shared<AwaitedResults>(executor)}) {}

Engine::~Engine() = default;

const std::shared_ptr<AwaitedResults>& Engine::awaited() const {
    return impl_->awaited;
}

async::Task<RunOutcome> Engine::execute(RunRequest request) {
    if (const auto& fault = request.graph->fault()) {
        RunOutcome outcome;
        outcome.run = faulty_run(*fault, impl_->clock.wall());
        outcome.run.id = request.resumed ? request.resumed->id : 0;
        outcome.run.pipeline_spec_id = request.pipeline_spec_id;
        outcome.run.created_at = request.resumed ? request.resumed->created_at : *outcome.run.finished_at;
        outcome.run.inputs = request.resumed ? request.resumed->inputs : stored_variables(request.vars);
        outcome.has_errors = true;
        co_return outcome;
    }
    ExecutionParts parts{
        impl_->executor, impl_->environment,         impl_->clock,  impl_->random, impl_->metrics,
        impl_->log,      impl_->metrics_of(request), impl_->awaited};
    Execution execution(std::move(parts), std::move(request));
    co_await execution.run();
    co_return execution.outcome();
}

void Engine::put_result(model::Run& run, Uuid task_id, std::optional<std::string> output_json,
                        std::optional<std::string> error, WallTime now) {
    const auto row = std::ranges::find(run.task_runs, task_id, &model::TaskRun::id);
    if (row == run.task_runs.end() || row->finished_at) {
        throw NotFound("run " + std::to_string(run.id) + " has no pending task " + task_id.to_string());
    }
    if (error) {
        row->error = storable_text(*error);
    } else if (output_json && *output_json != "null") {
        auto json = storable_json(std::move(*output_json));
        if (json) row->output = std::move(*json);
        if (!json) row->error = json.error().text;
    }
    row->finished_at = now;
}

}  // namespace baton::pipeline
