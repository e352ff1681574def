#include "baton/store/run_statements.hpp"

#include <algorithm>

namespace baton::store {

namespace {

namespace element = pg::element;
using Runs = std::vector<const RunCommit*>;

/// "exactly this many rows, else abort": <own>.require raises BT002.
std::string require_count(const std::string& own_schema, const std::string& from, const std::string& expected,
                          const std::string& what) {
    return " select " + own_schema + ".require(count(*) = " + expected + ", '" + what + "') from " + from;
}

void add_requests(std::vector<pg::Statement>& statements, const Runs& runs, const std::string& own_schema) {
    pg::BinaryArray<element::Int4> jobs;
    pg::BinaryArray<element::Text> keys;
    pg::BinaryArray<element::Int8> ids;
    pg::BinaryArray<element::Bytea> hashes;
    for (const auto* run : runs) {
        if (!run->request_key || run->replaces) continue;
        jobs.add(run->job_id);
        keys.add(*run->request_key);
        ids.add(run->run.id);
        hashes.add(run->body_hash);
    }
    if (std::none_of(runs.begin(), runs.end(), [](const auto* run) { return run->is_new; })) {
        jobs.add(0);
        keys.add(batch_witness(*runs.front()));
        ids.add(runs.front()->run.id);
        hashes.add_null();
    }
    if (jobs.count() == 0) return;
    pg::Params params;
    params.add(jobs).add(keys).add(ids).add(hashes);
    // A request that was recorded before violates requests_once.
    statements.push_back({"insert into " + own_schema +
                              ".requests (job_id, request_key, run_id, body_hash) "
                              "select * from unnest($1::int[], $2::text[], $3::bigint[], $4::bytea[])",
                          std::move(params)});
}

/// Requests that go over to another run: compare and set.
void add_replaced_requests(std::vector<pg::Statement>& statements, const Runs& runs,
                           const std::string& own_schema) {
    pg::ArrayParam jobs, keys, ids, old_ids, attempts;
    std::int64_t count = 0;
    for (const auto* run : runs) {
        if (!run->request_key || !run->replaces) continue;
        jobs.add(run->job_id);
        keys.add(*run->request_key);
        ids.add(run->run.id);
        old_ids.add(run->replaces->run_id);
        attempts.add(run->replaces->attempt);
        ++count;
    }
    if (count == 0) return;
    pg::Params params;
    params.add(jobs.text())
        .add(keys.text())
        .add(ids.text())
        .add(old_ids.text())
        .add(attempts.text())
        .add(count);
    // Its age is that of its last transaction, so that it is remembered as long.
    statements.push_back(
        {"with replaced as (update " + own_schema +
             ".requests r set run_id = u.run, attempt = r.attempt + 1, created_at = now() from "
             "unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::int[]) as u (job, key, run, old, "
             "attempt) where r.job_id = u.job and r.request_key = u.key and r.run_id = u.old and r.attempt = "
             "u.attempt returning 1)" +
             require_count(own_schema, "replaced", "$6::bigint", "request already replaced"),
         std::move(params)});
}

void add_consumed(std::vector<pg::Statement>& statements, const Runs& runs, const std::string& own_schema) {
    pg::ArrayParam jobs, chains, hashes, indexes;
    std::int64_t count = 0;
    for (const auto* run : runs) {
        if (!run->consumed_log) continue;
        jobs.add(run->consumed_log->job_id);
        chains.add(run->consumed_log->chain_id);
        hashes.add(run->consumed_log->key.block_hash);
        indexes.add(static_cast<std::int64_t>(run->consumed_log->key.log_index));
        ++count;
    }
    if (count == 0) return;
    pg::Params params;
    params.add(jobs.text()).add(chains.text()).add(hashes.text()).add(indexes.text()).add(count);
    statements.push_back(
        {"with done as (update log_broadcasts b set consumed = true, updated_at = now() "
         "from unnest($1::int[], $2::numeric[], $3::bytea[], $4::bigint[]) as u (job, chain, block, index) "
         "where b.job_id = u.job and b.evm_chain_id = u.chain and b.block_hash = u.block and b.log_index = "
         "u.index "
         "and not b.consumed returning 1)" +
             require_count(own_schema, "done", "$5::bigint", "log already consumed"),
         std::move(params)});
}

struct RunColumns {
    pg::BinaryArray<element::Int8> ids;
    pg::BinaryArray<element::Int4> specs;
    pg::BinaryArray<element::Text> states;
    pg::BinaryArray<element::Json> inputs, outputs, all_errors, fatal_errors;
    pg::BinaryArray<element::Time> created, finished;

    void add(const model::Run& run) {
        ids.add(run.id);
        specs.add(run.pipeline_spec_id);
        states.add(model::to_string(run.state));
        inputs.add(run.inputs);
        outputs.add(run.outputs);
        all_errors.add(run.all_errors);
        fatal_errors.add(run.fatal_errors);
        created.add(run.created_at);
        finished.add(run.finished_at);
    }
    std::int64_t count() const { return ids.count(); }
};

void add_new_runs(std::vector<pg::Statement>& statements, const Runs& runs) {
    RunColumns columns;
    for (const auto* run : runs) {
        if (run->is_new) columns.add(run->run);
    }
    if (columns.count() == 0) return;
    pg::Params params;
    params.add(columns.ids).add(columns.specs).add(columns.states).add(columns.inputs);
    params.add(columns.outputs).add(columns.all_errors).add(columns.fatal_errors);
    params.add(columns.created).add(columns.finished);
    statements.push_back(
        {"insert into pipeline_runs (id, pipeline_spec_id, meta, state, inputs, outputs, all_errors, "
         "fatal_errors, "
         "created_at, finished_at) "
         "select u.id, u.spec, null, u.state::pipeline_runs_state, u.inputs, u.outputs, u.all_errors, "
         "u.fatal_errors, u.created, "
         "u.finished "
         "from unnest($1::bigint[], $2::int[], $3::text[], $4::jsonb[], $5::jsonb[], "
         "$6::jsonb[], "
         "$7::jsonb[], $8::timestamptz[], $9::timestamptz[]) "
         "as u (id, spec, state, inputs, outputs, all_errors, fatal_errors, created, finished)",
         std::move(params)});
}

void add_changed_runs(std::vector<pg::Statement>& statements, const Runs& runs,
                      const std::string& own_schema) {
    RunColumns columns;
    for (const auto* run : runs) {
        if (!run->is_new) columns.add(run->run);
    }
    if (columns.count() == 0) return;
    pg::Params params;
    params.add(columns.ids).add(columns.states).add(columns.outputs).add(columns.all_errors);
    params.add(columns.fatal_errors).add(columns.finished).add(columns.count());
    statements.push_back(
        {"with changed as (update pipeline_runs r set state = u.state::pipeline_runs_state, outputs = "
         "u.outputs, all_errors = "
         "u.all_errors, "
         "fatal_errors = u.fatal_errors, finished_at = u.finished "
         "from unnest($1::bigint[], $2::text[], $3::jsonb[], $4::jsonb[], $5::jsonb[], "
         "$6::timestamptz[]) as u (id, state, outputs, all_errors, fatal_errors, finished) "
         "where r.id = u.id and r.state in ('running', 'suspended') returning 1)" +
             require_count(own_schema, "changed", "$7::bigint", "run already finished"),
         std::move(params)});
}

/// Only a run that was stored before can have rows of its tasks already; looking for them, row by row, is not
/// for nothing. A result that was delivered meanwhile stays.
void add_task_runs(std::vector<pg::Statement>& statements, const Runs& runs, bool of_new_runs) {
    pg::BinaryArray<element::UuidValue> ids;
    pg::BinaryArray<element::Int8> run_ids;
    pg::BinaryArray<element::Int4> indexes;
    pg::BinaryArray<element::Text> types, errors, dot_ids;
    pg::BinaryArray<element::Json> outputs;
    pg::BinaryArray<element::Time> created, finished;
    for (const auto* run : runs) {
        if (!run->save_task_runs || run->is_new != of_new_runs) continue;
        for (const auto& task : run->run.task_runs) {
            ids.add(task.id);
            run_ids.add(run->run.id);
            types.add(task.type);
            indexes.add(task.index);
            outputs.add(task.output);
            errors.add(task.error);
            dot_ids.add(task.dot_id);
            created.add(task.created_at);
            finished.add(task.finished_at);
        }
    }
    if (ids.count() == 0) return;
    pg::Params params;
    params.add(ids).add(run_ids).add(types).add(indexes).add(outputs).add(errors).add(dot_ids);
    params.add(created).add(finished);
    const std::string insert =
        "insert into pipeline_task_runs (id, pipeline_run_id, type, index, output, error, dot_id, "
        "created_at, "
        "finished_at) "
        "select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::int[], $5::jsonb[], $6::text[], "
        "$7::text[], "
        "$8::timestamptz[], $9::timestamptz[])";
    const std::string or_update =
        " on conflict (pipeline_run_id, dot_id) do update set output = excluded.output, error = "
        "excluded.error, finished_at = excluded.finished_at where pipeline_task_runs.finished_at is null";
    statements.push_back({of_new_runs ? insert : insert + or_update, std::move(params)});
}

/// A run that is suspended again although a result came for one of its pending tasks while it was executed:
/// it has to go on, by this leader or by the next.
void add_results_meanwhile(std::vector<pg::Statement>& statements, const Runs& runs) {
    pg::ArrayParam ids, tasks;
    bool any = false;
    for (const auto* run : runs) {
        if (run->is_new || run->run.state != model::RunState::suspended) continue;
        for (const auto& task : run->run.task_runs) {
            if (task.finished_at) continue;
            ids.add(run->run.id);
            tasks.add(task.id);
            any = true;
        }
    }
    if (!any) return;
    pg::Params params;
    params.add(ids.text()).add(tasks.text());
    statements.push_back(
        {"update pipeline_runs r set state = 'running' from unnest($1::bigint[], $2::uuid[]) as u (run, "
         "task) "
         "join pipeline_task_runs t on t.id = u.task and t.finished_at is not null where r.id = u.run",
         std::move(params)});
}

/// The task's UUID is the idempotency key: a row that exists already (a run inherited from v1.11.0) is left
/// alone.
void add_transactions(std::vector<pg::Statement>& statements, const Runs& runs) {
    pg::ArrayParam froms, tos, payloads, values, limits, metas, checkers, tasks, confirmations, chains;
    bool any = false;
    for (const auto* run : runs) {
        for (const auto& transaction : run->transactions) {
            froms.add(transaction.from);
            tos.add(transaction.to);
            payloads.add(transaction.payload);
            values.add(transaction.value);
            limits.add(transaction.gas_limit);
            metas.add(transaction.meta);
            checkers.add(transaction.transmit_checker);
            tasks.add(transaction.task_id);
            confirmations.add(transaction.min_confirmations);
            chains.add(transaction.chain_id);
            any = true;
        }
    }
    if (!any) return;
    pg::Params params;
    params.add(froms.text())
        .add(tos.text())
        .add(payloads.text())
        .add(values.text())
        .add(limits.text())
        .add(metas.text())
        .add(checkers.text())
        .add(tasks.text())
        .add(confirmations.text())
        .add(chains.text());
    statements.push_back(
        {"insert into eth_txes (from_address, to_address, encoded_payload, value, gas_limit, state, meta, "
         "transmit_checker, pipeline_task_run_id, min_confirmations, evm_chain_id, created_at) "
         "select u.sender, u.receiver, u.payload, u.value, u.gas, 'unstarted', u.meta, u.checker, u.task, "
         "u.confirmations, u.chain, now() "
         "from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::numeric[], $5::bigint[], $6::jsonb[], "
         "$7::jsonb[], "
         "$8::uuid[], $9::int[], $10::numeric[]) "
         "as u (sender, receiver, payload, value, gas, meta, checker, task, confirmations, chain) "
         "on conflict (pipeline_task_run_id) where pipeline_task_run_id is not null do nothing",
         std::move(params)});
}

}  // namespace

std::string batch_witness(const RunCommit& first) {
    return "batch:" + first.witness.to_string();
}

std::vector<pg::Statement> run_statements(const Runs& runs, const std::string& own_schema) {
    std::vector<pg::Statement> statements;
    add_requests(statements, runs, own_schema);
    add_replaced_requests(statements, runs, own_schema);
    add_consumed(statements, runs, own_schema);
    add_new_runs(statements, runs);
    add_changed_runs(statements, runs, own_schema);
    add_task_runs(statements, runs, true);
    add_task_runs(statements, runs, false);
    add_results_meanwhile(statements, runs);
    add_transactions(statements, runs);
    return statements;
}

}  // namespace baton::store
