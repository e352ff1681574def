// Durable fenced batches per second, from one event-loop thread: what the group commit of runs is made of.
//   BATON_TEST_DATABASE_URL=... pg_bench --benchmark_counters_tabular=true

#include "baton/async/group.hpp"
#include "baton/pg/transaction.hpp"
#include "testing/database.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

namespace baton::pg {
namespace {

using namespace std::chrono_literals;

struct Setup {
    Setup() {
        database.run(
            "create table t (id bigint, v text);"
            "create function fence(epoch bigint, token uuid) returns void language plpgsql volatile as "
            "$$ begin perform pg_advisory_xact_lock_shared(1, 1); end $$");
        fence.statement = "select fence($1, $2)";
        fence.opening_statement = fence.statement;
    }
    test::TestDatabase database;
    async::Loop loop;
    Fence fence;
};

async::Task<void> commit_batches(Pool* pool, Fence fence, int batches, int rows) {
    for (int batch = 0; batch < batches; ++batch) {
        ArrayParam ids;
        ArrayParam texts;
        for (int row = 0; row < rows; ++row) {
            ids.add(row);
            texts.add("{\"result\": \"42\"}");
        }
        std::vector<Statement> statements(5);
        for (auto& statement : statements) {
            statement.sql = "insert into t select * from unnest($1::bigint[], $2::text[])";
            statement.params.add(ids.text()).add(texts.text());
        }
        co_await FencedTransaction::run_batch(*pool, fence, std::move(statements),
                                              async::Deadline::after(20s));
    }
}

/// Arguments: sessions at once, runs per batch (each writes five rows).
void fenced_batches(benchmark::State& state) {
    if (!test::TestDatabase::available()) {
        state.SkipWithError("BATON_TEST_DATABASE_URL is not set");
        return;
    }
    Setup setup;
    const auto sessions = static_cast<int>(state.range(0));
    const auto rows = static_cast<int>(state.range(1));
    constexpr int batches = 20;
    Pool pool(setup.loop.executor(), setup.database.session_options(), sessions, sessions);
    setup.loop.run_until_done(pool.warm(sessions, async::Deadline::after(20s)));
    for (auto _ : state) {
        async::TaskGroup group(setup.loop.executor());
        for (int session = 0; session < sessions; ++session) {
            group.spawn("batches", commit_batches(&pool, setup.fence, batches, rows));
        }
        setup.loop.run_until_done(group.join());
    }
    const auto done = static_cast<double>(state.iterations()) * sessions * batches;
    state.counters["commits"] = benchmark::Counter(done, benchmark::Counter::kIsRate);
    state.counters["runs"] = benchmark::Counter(done * rows, benchmark::Counter::kIsRate);
}
BENCHMARK(fenced_batches)
    ->ArgNames({"sessions", "runs"})
    ->ArgsProduct({{1, 2, 4, 8}, {1, 8}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace baton::pg
