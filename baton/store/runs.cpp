#include "baton/store/runs.hpp"

#include <map>

namespace baton::store {

namespace {

const std::string select_runs = R"(
    select r.id, r.pipeline_spec_id, r.state::text, coalesce(r.inputs, '{}')::text, r.outputs::text, r.all_errors::text,
           r.fatal_errors::text, r.created_at, r.finished_at
      from pipeline_runs r)";

model::Run read_run(const pg::Row& row) {
    model::Run run;
    run.id = row.int64(0);
    run.pipeline_spec_id = row.int32(1);
    run.state = model::parse_run_state(row.text(2));
    run.inputs = row.str(3);
    run.outputs = row.opt_str(4);
    run.all_errors = row.opt_str(5);
    run.fatal_errors = row.opt_str(6);
    run.created_at = row.time(7);
    run.finished_at = row.opt_time(8);
    return run;
}

async::Task<void> add_task_runs(pg::Pool& pool, std::vector<model::Run>& runs, async::Deadline deadline) {
    std::map<std::int64_t, model::Run*> by_id;
    pg::ArrayParam ids;
    for (auto& run : runs) {
        by_id[run.id] = &run;
        ids.add(run.id);
    }
    if (by_id.empty()) co_return;
    pg::Params params;
    params.add(ids.text());
    const auto rows = co_await pool.query(
        "select pipeline_run_id, id, type, index, dot_id, output::text, error, created_at, finished_at "
        "from pipeline_task_runs where pipeline_run_id = any($1::bigint[]) order by created_at, id",
        std::move(params), deadline);
    for (const auto row : rows) {
        model::TaskRun task;
        task.id = row.uuid(1);
        task.type = row.str(2);
        task.index = row.int32(3);
        task.dot_id = row.str(4);
        task.output = row.opt_str(5);
        task.error = row.opt_str(6);
        task.created_at = row.time(7);
        task.finished_at = row.opt_time(8);
        by_id.at(row.int64(0))->task_runs.push_back(std::move(task));
    }
}

async::Task<std::vector<model::Run>> query_runs(pg::Pool& pool, std::string rest, pg::Params params,
                                                async::Deadline deadline) {
    const auto rows = co_await pool.query(select_runs + rest, std::move(params), deadline);
    std::vector<model::Run> runs;
    for (const auto row : rows)
        runs.push_back(read_run(row));
    co_await add_task_runs(pool, runs, deadline);
    co_return runs;
}

async::Task<std::optional<model::Run>> query_one(pg::Pool& pool, std::string rest, pg::Params params,
                                                 async::Deadline deadline) {
    auto runs = co_await query_runs(pool, std::move(rest), std::move(params), deadline);
    if (runs.empty()) co_return std::nullopt;
    co_return std::move(runs.front());
}

}  // namespace

async::Task<std::vector<model::Run>> load_running(pg::Pool& pool, async::Deadline deadline) {
    pg::Params none;
    return query_runs(pool, " where r.state = 'running' order by r.created_at, r.id", std::move(none),
                      deadline);
}

async::Task<std::optional<model::Run>> find_by_task(pg::Pool& pool, Uuid task_id, async::Deadline deadline) {
    pg::Params params;
    params.add(task_id);
    return query_one(pool,
                     " join pipeline_task_runs t on t.pipeline_run_id = r.id "
                     "where t.id = $1::uuid and r.state in ('running', 'suspended')",
                     std::move(params), deadline);
}

async::Task<std::optional<Delivery>> deliver_result(Writer writer, Uuid task_id,
                                                    std::optional<std::string> output_json,
                                                    std::optional<std::string> error) {
    pg::Params params;
    params.add(task_id).add(output_json).add(error);
    std::vector<pg::Statement> statements;
    // The run's row is locked first, as its commit does.
    statements.push_back(
        {"with found as (select r.id from pipeline_runs r join pipeline_task_runs t on t.pipeline_run_id = "
         "r.id where t.id = $1::uuid and r.state in ('running', 'suspended') for update of r), put as "
         "(update "
         "pipeline_task_runs t set output = $2::jsonb, error = $3, finished_at = now() from found where t.id "
         "= $1::uuid and t.pipeline_run_id = found.id and t.finished_at is null returning 1), going as "
         "(update pipeline_runs r set state = 'running' from found where r.id = found.id and exists (select "
         "from put)) select found.id, exists (select from put) from found",
         std::move(params)});
    const auto results = co_await writer.run_batch(std::move(statements));
    if (results[0].empty()) co_return std::nullopt;
    co_return Delivery{results[0][0].int64(0), results[0][0].boolean(1)};
}

async::Task<std::vector<Resumable>> find_resumable(pg::Pool& pool, BigInt chain_id, std::uint64_t head,
                                                   async::Deadline deadline) {
    pg::Params params;
    params.add(chain_id).add(head);
    const auto rows = co_await pool.query(
        R"(
        select t.id, r.id, coalesce(c.receipt::text, ''), c.tx_hash, coalesce(c.receipt ->> 'status' = '0x0', false),
               coalesce((x.meta ->> 'FailOnRevert')::boolean, false), x.error
          from pipeline_runs r
          join pipeline_task_runs t on t.pipeline_run_id = r.id and t.finished_at is null
          join eth_txes x on x.pipeline_task_run_id = t.id and x.evm_chain_id = $1::numeric
          left join eth_tx_attempts a on a.eth_tx_id = x.id
          left join eth_receipts c on c.tx_hash = a.hash
         where r.state = 'suspended'
           and ((c.id is not null and x.state = 'confirmed'
                 and c.block_number <= $2::bigint - coalesce(x.min_confirmations, 0))
                or (x.state = 'fatal_error' and c.id is null
                    and not exists (select 1 from eth_tx_attempts b where b.eth_tx_id = x.id and b.id > a.id)))
         order by r.created_at, t.id)",
        std::move(params), deadline);
    std::vector<Resumable> found;
    for (const auto row : rows) {
        Resumable one;
        one.task_id = row.uuid(0);
        one.run_id = row.int64(1);
        one.receipt_json = row.str(2);
        if (!row.is_null(3)) one.tx_hash = row.hash(3);
        one.reverted = row.boolean(4);
        one.fail_on_revert = row.boolean(5);
        one.fatal_error = row.opt_str(6);
        found.push_back(std::move(one));
    }
    co_return found;
}

async::Task<std::vector<MadeTransaction>> transactions_for_request(pg::Pool& pool, std::int32_t job_id,
                                                                   std::string request_id,
                                                                   WallTime run_created_at,
                                                                   async::Deadline deadline) {
    const auto bytes = from_0x(request_id);
    if (!bytes || bytes->empty()) co_return std::vector<MadeTransaction>();
    pg::Params params;
    params.add(*bytes).add(job_id).add(request_id).add(run_created_at);
    // The run's time is that of v1.11.0's machine, whose clock may be ahead of the database's.
    const auto rows = co_await pool.query(
        "select evm_chain_id, to_address, encoded_payload from eth_txes where state <> 'fatal_error' and "
        "created_at >= $4::timestamptz - interval '1 hour' and (position($1::bytea in encoded_payload) > 0 "
        "or "
        "(meta ->> 'JobID')::bigint = $2::bigint and meta ->> 'RequestID' = $3) order by id",
        std::move(params), deadline);
    std::vector<MadeTransaction> made;
    for (const auto row : rows)
        made.push_back({row.big(0), row.address(1), row.bytes(2)});
    co_return made;
}

async::Task<bool> is_given_up(pg::Pool& pool, std::int64_t run_id, async::Deadline deadline) {
    pg::Params params;
    params.add(run_id);
    const auto rows = co_await pool.query(
        "select coalesce(bool_and(x.state = 'fatal_error'), false) from eth_txes x join pipeline_task_runs t "
        "on t.id = x.pipeline_task_run_id where t.pipeline_run_id = $1::bigint",
        std::move(params), deadline);
    co_return rows[0].boolean(0);
}

async::Task<RunPage> list_runs(pg::Pool& pool, std::optional<std::int32_t> job_id, std::int64_t offset,
                               std::int64_t limit, async::Deadline deadline) {
    const std::string of_job = " join jobs j on j.pipeline_spec_id = r.pipeline_spec_id and j.id = $1::int";
    RunPage page;
    pg::Params for_count;
    if (job_id) for_count.add(*job_id);
    // GCC 12 destroys temporaries of ?: twice inside a co_await expression, so the text is made before.
    std::string count_sql = "select count(*) from pipeline_runs r";
    if (job_id) count_sql += of_job;
    const auto count = co_await pool.query(std::move(count_sql), std::move(for_count), deadline);
    page.count = count[0].int64(0);
    pg::Params params;
    if (job_id) params.add(*job_id);
    params.add(limit).add(offset);
    std::string rest = job_id ? of_job + " order by r.id desc limit $2::bigint offset $3::bigint"
                              : " order by r.id desc limit $1::bigint offset $2::bigint";
    page.runs = co_await query_runs(pool, std::move(rest), std::move(params), deadline);
    co_return page;
}

async::Task<std::optional<model::Run>> find_run(pg::Pool& pool, std::int64_t id, async::Deadline deadline) {
    pg::Params params;
    params.add(id);
    return query_one(pool, " where r.id = $1::bigint", std::move(params), deadline);
}

async::Task<void> delete_unfinished_run(Writer writer, std::int64_t id) {
    pg::Params params;
    params.add(id);
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"delete from pipeline_runs where id = $1::bigint and state in ('running', 'suspended')",
         std::move(params)});
    co_await writer.run_batch(std::move(statements));
}

async::Task<std::int64_t> reap_runs(Writer writer, std::chrono::nanoseconds threshold) {
    constexpr std::int64_t rows_per_batch = 1000;
    std::int64_t reaped = 0;
    for (;;) {
        pg::Params params;
        params.add(std::int64_t(std::chrono::duration_cast<std::chrono::milliseconds>(threshold).count()))
            .add(rows_per_batch);
        std::vector<pg::Statement> statements;
        statements.push_back(
            {"with old as (select r.id from pipeline_runs r where r.finished_at < now() - $1::bigint * "
             "interval '1 ms' and not exists (select from " +
                 writer.fence.own_schema +
                 ".requests q where q.run_id = r.id and q.body_hash is not null) "
                 "order by r.finished_at limit $2::bigint) delete from pipeline_runs r using old where r.id "
                 "= "
                 "old.id",
             std::move(params)});
        const auto results = co_await writer.run_batch(std::move(statements));
        reaped += results[0].affected();
        if (results[0].affected() < rows_per_batch) co_return reaped;
    }
}

async::Task<std::optional<RecordedRequest>> find_request(pg::Pool& pool, std::string own_schema,
                                                         std::int32_t job_id, std::string request_key,
                                                         async::Deadline deadline) {
    pg::Params params;
    params.add(job_id).add(request_key);
    const auto rows = co_await pool.query("select run_id, attempt, body_hash from " + own_schema +
                                              ".requests where job_id = $1::int and request_key = $2",
                                          std::move(params), deadline);
    if (rows.empty()) co_return std::nullopt;
    RecordedRequest request;
    request.run_id = rows[0].int64(0);
    request.attempt = rows[0].int32(1);
    request.body_hash = rows[0].opt_bytes(2);
    co_return request;
}

async::Task<void> adopt_requests(Writer writer) {
    std::vector<pg::Statement> statements;
    // The first run counts: v1.11.0 may have run a request twice.
    statements.push_back({"insert into " + writer.fence.own_schema +
                              ".requests (job_id, request_key, run_id, created_at) select distinct on "
                              "(f.job, f.request) f.job, "
                              "'log:' || f.request, f.run, f.at from (select j.id, r.inputs #>> "
                              "'{jobRun,meta,oracleRequest,requestId}', r.id, r.created_at from "
                              "pipeline_runs r join jobs j on "
                              "j.pipeline_spec_id = r.pipeline_spec_id where j.type = 'directrequest' and "
                              "(r.finished_at is null "
                              "or r.created_at > now() - interval '1 day')) as f (job, request, run, at) "
                              "where f.request is not "
                              "null order by f.job, f.request, f.run on conflict do nothing",
                          {}});
    co_await writer.run_batch(std::move(statements));
}

async::Task<std::int64_t> reap_requests(Writer writer, std::chrono::nanoseconds threshold) {
    constexpr std::int64_t rows_per_batch = 1000;
    std::int64_t reaped = 0;
    for (;;) {
        pg::Params params;
        params.add(std::int64_t(std::chrono::duration_cast<std::chrono::milliseconds>(threshold).count()))
            .add(rows_per_batch);
        std::vector<pg::Statement> statements;
        statements.push_back(
            {"delete from " + writer.fence.own_schema + ".requests where ctid in (select ctid from " +
                 writer.fence.own_schema +
                 ".requests where created_at < least(now() - $1::bigint * interval '1 ms', (select "
                 "min(created_at) from eth_txes where state not in ('confirmed', 'fatal_error'))) order by "
                 "created_at limit $2::bigint)",
             std::move(params)});
        const auto results = co_await writer.run_batch(std::move(statements));
        reaped += results[0].affected();
        if (results[0].affected() < rows_per_batch) co_return reaped;
    }
}

}  // namespace baton::store
