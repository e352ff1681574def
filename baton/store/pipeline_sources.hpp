#pragma once

#include "baton/pg/pool.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace baton::store {

/// What a run's pipeline_spec_id stands for.
struct PipelineSource {
    std::int32_t pipeline_spec_id = 0;
    std::int32_t job_id = 0;
    std::string observation_source;
};
/// In no defined order; ids that do not exist (a job was deleted meanwhile) are left out.
async::Task<std::vector<PipelineSource>> find_pipeline_sources(pg::Pool& pool,
                                                               std::vector<std::int32_t> spec_ids,
                                                               async::Deadline deadline);

/// Those whose text holds the word, in any case, by job.
async::Task<std::vector<PipelineSource>> pipeline_sources_with(pg::Pool& pool, std::string word,
                                                               async::Deadline deadline);

}  // namespace baton::store
