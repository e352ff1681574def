#include "baton/jobs/job_catalog.hpp"

#include "baton/base/error.hpp"

namespace baton::jobs {

std::shared_ptr<const CompiledJob> compile(model::Job job) {
    auto compiled = std::make_shared<CompiledJob>();
    compiled->graph = pipeline::parse_graph(job.observation_source);
    compiled->job = std::move(job);
    return compiled;
}

void JobCatalog::put(Ptr job) {
    remove(job->job.id);
    by_external_id_[job->job.external_job_id] = job;
    by_spec_[job->job.pipeline_spec_id] = job;
    by_id_[job->job.id] = std::move(job);
}

void JobCatalog::remove(std::int32_t id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    by_external_id_.erase(found->second->job.external_job_id);
    by_spec_.erase(found->second->job.pipeline_spec_id);
    by_id_.erase(found);
}

void JobCatalog::replace_all(std::vector<model::Job> jobs,
                             const std::function<void(std::int32_t, std::string)>& on_broken) {
    JobCatalog next;
    for (auto& job : jobs) {
        const auto known = by_id(job.id);
        if (known && known->job.row_version == job.row_version) {
            next.put(known);
            continue;
        }
        const auto id = job.id;
        try {
            next.put(compile(std::move(job)));
        } catch (const InvalidInput& error) {
            on_broken(id, error.what());
        }
    }
    *this = std::move(next);
}

JobCatalog::Ptr JobCatalog::by_id(std::int32_t id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

JobCatalog::Ptr JobCatalog::by_external_id(const Uuid& id) const {
    const auto found = by_external_id_.find(id);
    return found == by_external_id_.end() ? nullptr : found->second;
}

JobCatalog::Ptr JobCatalog::by_pipeline_spec(std::int32_t id) const {
    const auto found = by_spec_.find(id);
    return found == by_spec_.end() ? nullptr : found->second;
}

std::vector<JobCatalog::Ptr> JobCatalog::all() const {
    std::vector<Ptr> jobs;
    for (const auto& [id, job] : by_id_)
        jobs.push_back(job);
    return jobs;
}

}  // namespace baton::jobs
