#include "baton/pipeline/engine.hpp"

#include "baton/base/error.hpp"
#include "baton/pipeline/execution.hpp"
#include "baton/pipeline/go_text.hpp"
#include "baton/pipeline/run_record.hpp"
#include "baton/pipeline/stored_json.hpp"

#include <algorithm>
#include <map>

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
        std::shared_ptr<const JobLabels> labels;
    };
    std::map<std::int32_t, Cached> labels_by_job;

    /// Kept for jobs that run again; forgotten all at once when there are many, because deleted jobs stay
    /// otherwise.
    std::shared_ptr<const JobLabels> labels(const RunRequest& request) {
        constexpr std::size_t most = 256;
        const auto found = labels_by_job.find(request.job_id);
        if (found != labels_by_job.end() && found->second.graph.lock() == request.graph &&
            found->second.labels->job.at("job_name") == request.job_name) {
            return found->second.labels;
        }
        if (labels_by_job.size() >= most) labels_by_job.clear();
        auto made = std::make_shared<const JobLabels>(*request.graph, request.job_id, request.job_name);
        labels_by_job[request.job_id] = {request.graph, made};
        return made;
    }
};

Engine::Engine(async::Executor executor, Environment& environment, const Clock& clock, Random& random,
               Metrics& metrics, Logger log)
    : impl_(new Impl{executor,
                     environment,
                     clock,
                     random,
                     metrics,
                     std::move(log),
                     std::make_shared<AwaitedResults>(executor),
                     {}}) {}

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
    const auto labels = impl_->labels(request);
    ExecutionParts parts{impl_->executor, impl_->environment, impl_->clock, impl_->random,
                         impl_->metrics,  impl_->log,         *labels,      impl_->awaited};
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
