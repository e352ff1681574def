#include "baton/store/pipeline_sources.hpp"

namespace baton::store {

async::Task<std::vector<PipelineSource>> find_pipeline_sources(pg::Pool& pool,
                                                               std::vector<std::int32_t> spec_ids,
                                                               async::Deadline deadline) {
    pg::ArrayParam ids;
    for (const auto id : spec_ids)
        ids.add(id);
    pg::Params params;
    params.add(ids.text());
    const auto rows = co_await pool.query(
        "select p.id, j.id, p.dot_dag_source from pipeline_specs p join jobs j on j.pipeline_spec_id = p.id "
        "where p.id = any($1::int[])",
        std::move(params), deadline);
    std::vector<PipelineSource> sources;
    for (const auto row : rows)
        sources.push_back({row.int32(0), row.int32(1), row.str(2)});
    co_return sources;
}

async::Task<std::vector<PipelineSource>> pipeline_sources_with(pg::Pool& pool, std::string word,
                                                               async::Deadline deadline) {
    pg::Params params;
    params.add(word);
    const auto rows = co_await pool.query(
        "select p.id, j.id, p.dot_dag_source from pipeline_specs p join jobs j on j.pipeline_spec_id = p.id "
        "where position(lower($1) in lower(p.dot_dag_source)) > 0 order by j.id",
        std::move(params), deadline);
    std::vector<PipelineSource> sources;
    for (const auto row : rows)
        sources.push_back({row.int32(0), row.int32(1), row.str(2)});
    co_return sources;
}

}  // namespace baton::store
