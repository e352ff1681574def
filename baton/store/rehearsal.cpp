#include "baton/store/rehearsal.hpp"

#include "baton/pg/error.hpp"
#include "baton/store/chains.hpp"
#include "baton/store/jobs.hpp"
#include "baton/store/key_rings.hpp"
#include "baton/store/key_states.hpp"
#include "baton/store/logs.hpp"
#include "baton/store/receipts.hpp"
#include "baton/store/run_statements.hpp"
#include "baton/store/transactions.hpp"
#include "baton/store/users.hpp"

#include <utility>

namespace baton::store {

namespace {

/// What the services of an epoch read before they start.
async::Task<void> read_as_at_the_start(pg::Pool* pool, async::Deadline deadline) {
    co_await check_version(*pool, deadline);
    co_await load_chains(*pool, deadline);
    co_await load_nodes(*pool, deadline);
    co_await read_key_ring(*pool, deadline);
    co_await list_key_states(*pool, deadline);
    co_await list_users(*pool, deadline);
    co_await load_jobs(*pool, deadline, [](std::int32_t, std::string) {});
    co_await load_running(*pool, deadline);
    // The first call of somebody who is logged in. No session has this id.
    co_await touch_session(*pool, "", std::chrono::nanoseconds(0), deadline);
}

/// The first pass of the services of a chain.
async::Task<void> read_as_for_a_chain(pg::Pool* pool, std::string own_schema, BigInt chain_id,
                                      async::Deadline deadline) {
    const std::vector<std::int32_t> no_jobs;
    co_await load_resume_point(*pool, own_schema, chain_id, no_jobs, deadline);
    co_await load_unconsumed(*pool, chain_id, no_jobs, deadline);
    co_await load_in_progress(*pool, chain_id, deadline);
    co_await load_unconfirmed(*pool, chain_id, deadline);
    co_await load_work(*pool, chain_id, 0, 1, deadline);
    co_await load_confirmed_receipts(*pool, chain_id, 0, 0, deadline);
    co_await find_resumable(*pool, chain_id, 0, deadline);
    co_await count_transactions(*pool, chain_id, deadline);
}

/// A run of a direct request with one task that sends, so that every kind of statement is there.
RunCommit sample_run() {
    RunCommit sample;
    sample.is_new = true;
    sample.run.id = 1;
    sample.run.state = model::RunState::suspended;
    sample.request_key = "sample";
    sample.consumed_log.emplace();
    model::TaskRun task;
    task.type = "ethtx";
    task.dot_id = "sample";
    sample.run.task_runs.push_back(std::move(task));
    sample.transactions.emplace_back();
    return sample;
}

/// COMMIT 2, explained, so that it is planned and not done.
async::Task<void> plan_run_commits(pg::Pool* pool, std::string own_schema, async::Deadline deadline) {
    const RunCommit sample = sample_run();
    std::vector<const RunCommit*> runs;
    runs.push_back(&sample);
    auto statements = run_statements(runs, own_schema);
    for (auto& statement : statements)
        statement.sql.insert(0, "explain ");
    pg::Pool::Session session = co_await pool->acquire(deadline);
    co_await session->pipeline(std::move(statements), deadline);
}

async::Task<void> pass_fences(pg::Pool* pool, pg::Fence fence, async::Deadline deadline) {
    std::vector<pg::Statement> statements;
    statements.push_back({"begin isolation level read committed", {}});
    for (const auto& check : {fence.opening_statement, fence.statement}) {
        pg::Params params;
        params.add(fence.epoch).add(fence.token);
        statements.push_back({check, std::move(params)});
    }
    statements.push_back({"rollback", {}});
    pg::Pool::Session session = co_await pool->acquire(deadline);
    try {
        co_await session->pipeline(std::move(statements), deadline);
    } catch (const pg::FenceRefused&) {
        // It stays inside of its transaction, and the pool drops it.
    }
}

}  // namespace

async::Task<void> rehearse(pg::Pool& pool, int sessions, Rehearsal what, async::Deadline deadline) {
    std::vector<pg::Pool::Session> held;
    for (int i = 0; i < sessions; ++i) {
        auto session = co_await pool.acquire(deadline);
        held.push_back(std::move(session));
    }
    while (!held.empty()) {
        // What follows gets the one that was given back last.
        held.pop_back();
        co_await read_as_at_the_start(&pool, deadline);
        if (what.chain_id) co_await read_as_for_a_chain(&pool, what.own_schema, *what.chain_id, deadline);
        co_await plan_run_commits(&pool, what.own_schema, deadline);
        if (what.fence) co_await pass_fences(&pool, *what.fence, deadline);
    }
}

}  // namespace baton::store
