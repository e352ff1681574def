#pragma once

#include "baton/model/job.hpp"
#include "baton/store/writer.hpp"

#include <optional>
#include <vector>

namespace baton::store {

struct JobPage {
    std::vector<model::Job> jobs;
    std::int64_t count = 0;
};

/// All jobs, newest first. A job that cannot be read is left out and told to `on_unreadable(id, reason)`: one
/// bad row must not stop the others (reference/jobs.md section 1.8 says what v1.11.0 does). The other reads
/// leave such a job out silently.
async::Task<std::vector<model::Job>> load_jobs(pg::Pool& pool, async::Deadline deadline,
                                               std::function<void(std::int32_t, std::string)> on_unreadable);
async::Task<JobPage> list_jobs(pg::Pool& pool, std::int64_t offset, std::int64_t limit,
                               async::Deadline deadline);
async::Task<std::optional<model::Job>> find_job(pg::Pool& pool, std::int32_t id, async::Deadline deadline);
async::Task<std::optional<model::Job>> find_job(pg::Pool& pool, Uuid external_job_id,
                                                async::Deadline deadline);

/// Stores specification, pipeline and job; gives the job with its ids and times. Constraint errors surface as
/// pg::UniqueViolation (idx_jobs_name, external_job_id_uniq).
async::Task<model::Job> create_job(Writer writer, model::Job job);
/// False when there is no such job. Runs, errors and log_broadcasts go with it; transactions stay.
/// Throws pg::ForeignKeyViolation for a job of the feeds manager.
async::Task<bool> delete_job(Writer writer, std::int32_t id);
/// Adds one to `occurrences` of the same description.
async::Task<void> record_job_error(Writer writer, std::int32_t job_id, std::string description);

}  // namespace baton::store
