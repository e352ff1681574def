// Runs per second of five-task jobs, everything in memory.

#include "baton/async/loop.hpp"
#include "baton/net/http_client.hpp"
#include "baton/pipeline/engine.hpp"

#include <benchmark/benchmark.h>

#include <optional>
#include <string>

namespace baton::pipeline {

namespace {

class BenchEnvironment : public Environment {
  public:
    explicit BenchEnvironment(net::HttpClient& http) : http_(http) {}
    std::optional<BigInt> default_chain() const override { return BigInt(1); }
    std::optional<Chain> chain(const BigInt& id, const std::string&) const override {
        Chain chain;
        chain.id = id;
        return chain;
    }
    Address next_key(const BigInt&, const std::vector<Address>&) override { return {}; }
    net::HttpClient& http() override { return http_; }
    HttpLimits http_limits() const override { return {}; }
    std::chrono::nanoseconds max_run_duration() const override { return std::chrono::minutes(10); }

  private:
    net::HttpClient& http_;
};

/// What a webhook job without external calls does.
const std::string pure_job = R"g(
    parse  [type=jsonparse data="$(jobRun.requestBody)" path="data,price"]
    times  [type=multiply times=100]
    more   [type=multiply input="$(times)" times="1.5"]
    encode [type=ethabiencode abi="(uint256 value)" data=<{"value": $(more)}>]
    again  [type=jsonparse data="$(jobRun.requestBody)" path="id"]
    parse -> times -> more -> encode -> again
)g";

/// As above, with a transaction at the end: its variables go through JSON first.
const std::string sending_job = R"g(
    parse  [type=jsonparse data="$(jobRun.requestBody)" path="data,price"]
    times  [type=multiply times=100]
    word   [type=ethabiencode abi="(uint256 value)" data=<{"value": $(times)}>]
    call   [type=ethabiencode abi="fulfill(bytes32 id, bytes data)"
            data=<{"id": "0x0101010101010101010101010101010101010101010101010101010101010101", "data": $(word)}>]
    send   [type=ethtx to="0x3333333333333333333333333333333333333333" data="$(call)" minConfirmations=0]
    parse -> times -> word -> call -> send
)g";

void run_job(benchmark::State& state, const std::string& job) {
    async::Loop loop;
    net::HttpClient http(loop.executor());
    BenchEnvironment environment(http);
    Engine engine(loop.executor(), environment, Clock::system(), Random::system(), Metrics::none(), Logger());
    const auto graph = parse_graph(job);
    const codec::Value spec =
        codec::Value::map({{"databaseID", std::int32_t{1}},
                           {"externalJobID", codec::FixedBytesValue{Bytes(16, 1), true}},
                           {"name", "bench"}});
    const codec::Value run = codec::Value::map(
        {{"requestBody",
          R"({"id":"0x17a526ff5d8f916fa2f4a218f6ce0a6e","data":{"price":1234.5678,"unit":"USD"}})"},
         {"meta", codec::Value()}});
    for (auto _ : state) {
        RunRequest request;
        request.graph = graph;
        request.job_id = 1;
        request.job_name = "bench";
        request.job_type = "webhook";
        request.vars = {{"jobSpec", spec}, {"jobRun", run}};
        RunOutcome outcome = loop.run_until_done(engine.execute(std::move(request)));
        if (outcome.run.state != model::RunState::completed)
            state.SkipWithError(outcome.run.all_errors->c_str());
        benchmark::DoNotOptimize(outcome);
    }
    state.SetItemsProcessed(state.iterations());
}

void pure_runs(benchmark::State& state) {
    run_job(state, pure_job);
}
void sending_runs(benchmark::State& state) {
    run_job(state, sending_job);
}
void parsing_graphs(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(parse_graph(sending_job));
}

BENCHMARK(pure_runs);
BENCHMARK(sending_runs);
BENCHMARK(parsing_graphs);

}  // namespace

}  // namespace baton::pipeline
