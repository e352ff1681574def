#include "baton/store/jobs.hpp"

#include "baton/crypto/eip55.hpp"

#include <map>

namespace baton::store {

namespace {

/// The columns that read_job() takes, in its order.
const std::string select_jobs = R"(
    select j.id, j.external_job_id, coalesce(j.name, ''), j.schema_version, j.gas_limit, j.forwarding_allowed,
           coalesce(j.max_task_duration, 0), j.created_at, j.pipeline_spec_id, p.dot_dag_source, j.type, j.xmin::text,
           d.id, d.contract_address, d.min_incoming_confirmations, coalesce(d.requesters, ''),
           d.min_contract_payment, d.evm_chain_id, d.created_at, d.updated_at,
           w.id, w.created_at, w.updated_at
      from jobs j
      join pipeline_specs p on p.id = j.pipeline_spec_id
      left join direct_request_specs d on d.id = j.direct_request_spec_id
      left join webhook_specs w on w.id = j.webhook_spec_id)";

std::vector<Address> parse_requesters(std::string_view text) {
    std::vector<Address> requesters;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const auto one = text.substr(0, comma);
        const auto address = parse_address(one);
        if (!address) throw Error("requester \"" + std::string(one) + "\" is no address");
        requesters.push_back(*address);
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
    return requesters;
}

std::string join_requesters(const std::vector<Address>& requesters) {
    std::string joined;
    for (const auto& requester : requesters) {
        if (!joined.empty()) joined += ',';
        joined += crypto::to_checksum(requester);
    }
    return joined;
}

model::DirectRequestSpec read_direct_request(const pg::Row& row) {
    model::DirectRequestSpec spec;
    spec.id = row.int32(12);
    spec.contract_address = row.address(13);
    if (const auto confirmations = row.opt_int64(14))
        spec.min_incoming_confirmations = static_cast<std::uint32_t>(*confirmations);
    spec.requesters = parse_requesters(row.text(15));
    spec.min_contract_payment = row.opt_big(16);
    spec.evm_chain_id = row.opt_big(17);
    spec.created_at = row.time(18);
    spec.updated_at = row.time(19);
    return spec;
}

model::Job read_job(const pg::Row& row) {
    model::Job job;
    job.id = row.int32(0);
    job.external_job_id = row.uuid(1);
    job.name = row.str(2);
    job.schema_version = static_cast<std::uint32_t>(row.int32(3));
    if (const auto limit = row.opt_int64(4)) job.gas_limit = static_cast<std::uint32_t>(*limit);
    job.forwarding_allowed = row.boolean(5);
    job.max_task_duration = std::chrono::nanoseconds(row.int64(6));
    job.created_at = row.time(7);
    job.pipeline_spec_id = row.int32(8);
    job.observation_source = row.str(9);
    job.row_version = row.str(11);
    if (!row.is_null(12)) {
        job.spec = read_direct_request(row);
    } else if (!row.is_null(20)) {
        model::WebhookSpec spec;
        spec.id = row.int32(20);
        spec.created_at = row.time(21);
        spec.updated_at = row.time(22);
        job.spec = std::move(spec);
    } else {
        job.spec = model::OtherSpec{row.str(10)};
    }
    return job;
}

async::Task<void> add_errors(pg::Pool& pool, std::vector<model::Job>& jobs, async::Deadline deadline) {
    std::map<std::int32_t, model::Job*> by_id;
    pg::ArrayParam ids;
    for (auto& job : jobs) {
        by_id[job.id] = &job;
        ids.add(job.id);
    }
    pg::Params params;
    params.add(ids.text());
    const auto rows = co_await pool.query(
        "select job_id, id, description, occurrences, created_at, updated_at from job_spec_errors "
        "where job_id = any($1::int[]) order by id",
        std::move(params), deadline);
    for (const auto row : rows) {
        by_id.at(row.int32(0))
            ->errors.push_back({row.int64(1), row.str(2), row.int64(3), row.time(4), row.time(5)});
    }
}

async::Task<void> add_initiators(pg::Pool& pool, std::vector<model::Job>& jobs, async::Deadline deadline) {
    std::map<std::int32_t, model::WebhookSpec*> by_id;
    pg::ArrayParam ids;
    for (auto& job : jobs) {
        if (auto* spec = std::get_if<model::WebhookSpec>(&job.spec)) {
            by_id[spec->id] = spec;
            ids.add(spec->id);
        }
    }
    if (by_id.empty()) co_return;
    pg::Params params;
    params.add(ids.text());
    const auto rows = co_await pool.query(
        "select s.webhook_spec_id, i.name, s.spec::text from external_initiator_webhook_specs s "
        "join external_initiators i on i.id = s.external_initiator_id "
        "where s.webhook_spec_id = any($1::int[]) order by i.name",
        std::move(params), deadline);
    for (const auto row : rows)
        by_id.at(row.int32(0))->external_initiators.push_back({row.str(1), row.str(2)});
}

using OnUnreadable = std::function<void(std::int32_t, std::string)>;

/// Rows that cannot be read are left out.
std::vector<model::Job> read_jobs(const pg::Result& rows, const OnUnreadable& on_unreadable) {
    std::vector<model::Job> jobs;
    for (const auto row : rows) {
        try {
            jobs.push_back(read_job(row));
        } catch (const Error& error) {
            if (on_unreadable) on_unreadable(row.int32(0), error.what());
        }
    }
    return jobs;
}

async::Task<std::vector<model::Job>> query_jobs(pg::Pool& pool, std::string condition, pg::Params params,
                                                async::Deadline deadline) {
    const auto rows = co_await pool.query(select_jobs + condition, std::move(params), deadline);
    auto jobs = read_jobs(rows, {});
    if (!jobs.empty()) {
        co_await add_errors(pool, jobs, deadline);
        co_await add_initiators(pool, jobs, deadline);
    }
    co_return jobs;
}

async::Task<std::optional<model::Job>> query_one(pg::Pool& pool, std::string condition, pg::Params params,
                                                 async::Deadline deadline) {
    auto jobs = co_await query_jobs(pool, std::move(condition), std::move(params), deadline);
    if (jobs.empty()) co_return std::nullopt;
    co_return std::move(jobs.front());
}

pg::Statement insert_spec(const model::DirectRequestSpec& spec) {
    pg::Params params;
    params.add(spec.contract_address)
        .add(spec.min_incoming_confirmations)
        .add(join_requesters(spec.requesters))
        .add(spec.min_contract_payment)
        .add(spec.evm_chain_id);
    return {
        "insert into direct_request_specs (contract_address, min_incoming_confirmations, requesters, "
        "min_contract_payment, evm_chain_id, created_at, updated_at) "
        "values ($1::bytea, $2::bigint, $3::text, $4::numeric, $5::numeric, now(), now()) "
        "returning id, created_at, updated_at",
        std::move(params)};
}

async::Task<void> store_spec(pg::FencedTransaction& transaction, model::Job& job, async::Deadline deadline) {
    if (auto* spec = std::get_if<model::DirectRequestSpec>(&job.spec)) {
        auto statement = insert_spec(*spec);
        const auto rows = co_await transaction.query(statement.sql, statement.params, deadline);
        spec->id = rows[0].int32(0);
        spec->created_at = rows[0].time(1);
        spec->updated_at = rows[0].time(2);
        co_return;
    }
    auto* spec = std::get_if<model::WebhookSpec>(&job.spec);
    if (!spec)
        throw InvalidInput("jobs of type " + job.type() + " cannot be created by this version of Baton");
    pg::Params none;
    const auto rows = co_await transaction.query(
        "insert into webhook_specs (created_at, updated_at) values (now(), now()) returning id, created_at, "
        "updated_at",
        std::move(none), deadline);
    spec->id = rows[0].int32(0);
    spec->created_at = rows[0].time(1);
    spec->updated_at = rows[0].time(2);
    for (const auto& initiator : spec->external_initiators) {
        pg::Params params;
        params.add(spec->id).add(initiator.name).add(initiator.spec);
        const auto stored = co_await transaction.query(
            "insert into external_initiator_webhook_specs (external_initiator_id, webhook_spec_id, spec) "
            "select id, $1::int, $3::jsonb from external_initiators where lower(name) = lower($2)",
            std::move(params), deadline);
        if (stored.affected() == 0)
            throw InvalidInput("unable to find external initiator named " + initiator.name +
                               ": sql: no rows in result set");
    }
}

async::Task<void> store_job(pg::FencedTransaction& transaction, model::Job& job, async::Deadline deadline) {
    co_await store_spec(transaction, job, deadline);
    pg::Params pipeline;
    pipeline.add(job.observation_source).add(std::int64_t(job.max_task_duration.count()));
    const auto specs = co_await transaction.query(
        "insert into pipeline_specs (dot_dag_source, created_at, max_task_duration) values ($1, now(), "
        "$2::bigint) "
        "returning id",
        std::move(pipeline), deadline);
    job.pipeline_spec_id = specs[0].int32(0);

    const auto* direct = std::get_if<model::DirectRequestSpec>(&job.spec);
    const auto* webhook = std::get_if<model::WebhookSpec>(&job.spec);
    pg::Params params;
    params.add(job.pipeline_spec_id)
        .add(job.name.empty() ? std::optional<std::string>() : job.name)
        .add(job.schema_version)
        .add(job.type())
        .add(std::int64_t(job.max_task_duration.count()))
        .add(direct ? std::optional(direct->id) : std::nullopt)
        .add(webhook ? std::optional(webhook->id) : std::nullopt)
        .add(job.external_job_id)
        .add(job.gas_limit)
        .add(job.forwarding_allowed);
    const auto rows = co_await transaction.query(
        "insert into jobs (pipeline_spec_id, name, schema_version, type, max_task_duration, "
        "direct_request_spec_id, "
        "webhook_spec_id, external_job_id, gas_limit, forwarding_allowed, created_at) "
        "values ($1::int, $2, $3::int, $4, $5::bigint, $6::int, $7::int, $8::uuid, $9::bigint, $10::boolean, "
        "now()) "
        "returning id, created_at, xmin::text",
        std::move(params), deadline);
    job.id = rows[0].int32(0);
    job.created_at = rows[0].time(1);
    job.row_version = rows[0].str(2);
}

}  // namespace

async::Task<std::vector<model::Job>> load_jobs(pg::Pool& pool, async::Deadline deadline,
                                               std::function<void(std::int32_t, std::string)> on_unreadable) {
    const auto rows = co_await pool.query(select_jobs + " order by j.created_at desc, j.id desc", deadline);
    auto jobs = read_jobs(rows, on_unreadable);
    if (!jobs.empty()) co_await add_initiators(pool, jobs, deadline);
    co_return jobs;
}

async::Task<JobPage> list_jobs(pg::Pool& pool, std::int64_t offset, std::int64_t limit,
                               async::Deadline deadline) {
    JobPage page;
    const auto count = co_await pool.query("select count(*) from jobs", deadline);
    page.count = count[0].int64(0);
    pg::Params params;
    params.add(limit).add(offset);
    page.jobs =
        co_await query_jobs(pool, " order by j.created_at desc, j.id desc limit $1::bigint offset $2::bigint",
                            std::move(params), deadline);
    co_return page;
}

async::Task<std::optional<model::Job>> find_job(pg::Pool& pool, std::int32_t id, async::Deadline deadline) {
    pg::Params params;
    params.add(id);
    return query_one(pool, " where j.id = $1::int", std::move(params), deadline);
}

async::Task<std::optional<model::Job>> find_job(pg::Pool& pool, Uuid external_job_id,
                                                async::Deadline deadline) {
    pg::Params params;
    params.add(external_job_id);
    return query_one(pool, " where j.external_job_id = $1::uuid", std::move(params), deadline);
}

async::Task<model::Job> create_job(Writer writer, model::Job job) {
    const auto deadline = writer.deadline();
    auto transaction = co_await pg::FencedTransaction::begin(*writer.pool, writer.fence, deadline);
    co_await store_job(transaction, job, deadline);
    co_await transaction.commit(deadline);
    co_return job;
}

async::Task<bool> delete_job(Writer writer, std::int32_t id) {
    const auto deadline = writer.deadline();
    auto transaction = co_await pg::FencedTransaction::begin(*writer.pool, writer.fence, deadline);
    pg::Params params;
    params.add(id);
    // The specifications refer to nothing; runs, task runs, errors and log_broadcasts follow by cascade.
    const auto rows = co_await transaction.query(
        R"(
        with gone as (delete from jobs where id = $1::int returning pipeline_spec_id, ocr_oracle_spec_id,
               ocr2_oracle_spec_id, direct_request_spec_id, flux_monitor_spec_id, keeper_spec_id, cron_spec_id,
               vrf_spec_id, webhook_spec_id, blockhash_store_spec_id, bootstrap_spec_id),
        d1 as (delete from ocr_oracle_specs where id in (select ocr_oracle_spec_id from gone)),
        d2 as (delete from ocr2_oracle_specs where id in (select ocr2_oracle_spec_id from gone)),
        d3 as (delete from direct_request_specs where id in (select direct_request_spec_id from gone)),
        d4 as (delete from flux_monitor_specs where id in (select flux_monitor_spec_id from gone)),
        d5 as (delete from keeper_specs where id in (select keeper_spec_id from gone)),
        d6 as (delete from cron_specs where id in (select cron_spec_id from gone)),
        d7 as (delete from vrf_specs where id in (select vrf_spec_id from gone)),
        d8 as (delete from webhook_specs where id in (select webhook_spec_id from gone)),
        d9 as (delete from blockhash_store_specs where id in (select blockhash_store_spec_id from gone)),
        d10 as (delete from bootstrap_specs where id in (select bootstrap_spec_id from gone)),
        d11 as (delete from pipeline_specs where id in (select pipeline_spec_id from gone))
        select count(*) from gone)",
        std::move(params), deadline);
    const bool existed = rows[0].int64(0) > 0;
    co_await transaction.commit(deadline);
    co_return existed;
}

async::Task<void> record_job_error(Writer writer, std::int32_t job_id, std::string description) {
    std::vector<pg::Statement> statements;
    pg::Params params;
    params.add(job_id).add(description);
    statements.push_back(
        {"insert into job_spec_errors (job_id, description, occurrences, created_at, updated_at) "
         "select id, $2, 1, now(), now() from jobs where id = $1::int "
         "on conflict (job_id, description) do update set occurrences = job_spec_errors.occurrences + 1, "
         "updated_at = excluded.updated_at",
         std::move(params)});
    co_await writer.run_batch(std::move(statements));
}

}  // namespace baton::store
