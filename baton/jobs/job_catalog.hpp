#pragma once

#include "baton/model/job.hpp"
#include "baton/pipeline/engine.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace baton::jobs {

/// A job with its graph parsed once; immutable and shared by the runs that are under way.
struct CompiledJob {
    model::Job job;
    std::shared_ptr<const pipeline::Graph> graph;
};

/// Throws InvalidInput with the texts of reference/pipeline.md section 2 for a graph that cannot be read.
std::shared_ptr<const CompiledJob> compile(model::Job job);

/// The jobs of an instance, compiled. Filled before a takeover from what is known then; brought up to date in
/// it by the rows' versions (leadership.md section 7). Loop thread only.
class JobCatalog {
  public:
    using Ptr = std::shared_ptr<const CompiledJob>;

    void put(Ptr job);
    void remove(std::int32_t id);
    /// Takes over exactly these jobs; what is already compiled from the same row version is kept. Jobs whose
    /// graph cannot be read are left out and told to `on_broken(id, reason)`.
    void replace_all(std::vector<model::Job> jobs,
                     const std::function<void(std::int32_t, std::string)>& on_broken);

    Ptr by_id(std::int32_t id) const;
    Ptr by_external_id(const Uuid& id) const;
    Ptr by_pipeline_spec(std::int32_t id) const;
    std::vector<Ptr> all() const;

  private:
    std::map<std::int32_t, Ptr> by_id_;
    std::unordered_map<Uuid, Ptr> by_external_id_;
    std::unordered_map<std::int32_t, Ptr> by_spec_;
};

}  // namespace baton::jobs
