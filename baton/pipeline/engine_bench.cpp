// Runs and tasks per second and the memory of a run under way, without a database.

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/timer.hpp"
#include "baton/net/http_client.hpp"
#include "baton/net/http_server.hpp"
#include "baton/pipeline/chain_reader.hpp"
#include "baton/pipeline/engine.hpp"

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace baton::pipeline {

namespace {

/// Answers at once, or not before answer() is called.
class BenchChain : public ChainReader {
  public:
    BenchChain(async::Executor executor, bool holds) : answered_(executor), holds_(holds) {}
    async::Task<ChainAnswer<Bytes>> call(model::ContractCall, async::Deadline) override {
        ++waiting;
        if (holds_) co_await answered_.wait();
        co_return Bytes(32, 1);
    }
    async::Task<ChainAnswer<std::uint64_t>> estimate_gas(model::ContractCall, async::Deadline) override {
        co_return std::uint64_t{21'000};
    }
    async::Task<ChainAnswer<model::Head>> latest_head(async::Deadline) override { co_return model::Head{}; }

    int waiting = 0;

  private:
    async::Event answered_;
    bool holds_;
};

class BenchEnvironment : public Environment {
  public:
    BenchEnvironment(net::HttpClient& http, async::Executor executor, bool chain_holds = false)
        : http_(http), chain_(executor, chain_holds) {}
    std::optional<BigInt> default_chain() const override { return BigInt(1); }
    std::optional<Chain> chain(const BigInt& id, const std::string&) const override {
        Chain chain;
        chain.id = id;
        return chain;
    }
    Address next_key(const BigInt&, const std::vector<Address>&) override { return {}; }
    ChainReader* chain_reader(const BigInt&) override { return &chain_; }
    crypto::VrfProof prove(const crypto::VrfKeyId&, const Hash& seed) const override {
        return crypto::prove_vrf(vrf_key, seed, Random::system());
    }
    net::HttpClient& http() override { return http_; }
    const BenchChain& chain_calls() const { return chain_; }

    const crypto::PrivateKey vrf_key = *crypto::PrivateKey::from_scalar(Bytes{7});
    HttpLimits http_limits() const override { return {}; }
    std::chrono::nanoseconds max_run_duration() const override { return std::chrono::minutes(10); }

  private:
    net::HttpClient& http_;
    BenchChain chain_;
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

const std::string price_answer = R"({"data":{"price":1234.5678,"unit":"USD"}})";

/// Three sources, their median, times 100.
std::string price_job(const std::string& url) {
    std::string text;
    for (const char* n : {"1", "2", "3"}) {
        const std::string number = n;
        text += "get" + number + " [type=http url=\"" + url + "\"] parse" + number +
                " [type=jsonparse path=\"data,price\"] get" + number + " -> parse" + number + " -> price\n";
    }
    return text + "price [type=median] times [type=multiply times=100] price -> times";
}

struct World {
    explicit World(bool chain_holds = false)
        : http(loop.executor()),
          environment(http, loop.executor(), chain_holds),
          engine(loop.executor(), environment, Clock::system(), Random::system(), Metrics::none(), Logger()) {
    }

    async::Loop loop;
    net::HttpClient http;
    BenchEnvironment environment;
    Engine engine;
};

RunRequest request_of(std::shared_ptr<const Graph> graph, codec::Map vars = {}, std::int32_t job = 1) {
    RunRequest request;
    request.graph = std::move(graph);
    request.job_id = job;
    request.job_name = "bench";
    request.job_type = "webhook";
    request.vars = std::move(vars);
    return request;
}

void require_completed(benchmark::State& state, const RunOutcome& outcome) {
    if (outcome.run.state == model::RunState::completed) return;
    state.SkipWithError(outcome.run.all_errors.value_or("not completed").c_str());
}

codec::Map webhook_variables() {
    const codec::Value spec =
        codec::Value::map({{"databaseID", std::int32_t{1}},
                           {"externalJobID", codec::FixedBytesValue{Bytes(16, 1), true}},
                           {"name", "bench"}});
    const codec::Value run = codec::Value::map(
        {{"requestBody",
          R"({"id":"0x17a526ff5d8f916fa2f4a218f6ce0a6e","data":{"price":1234.5678,"unit":"USD"}})"},
         {"meta", codec::Value()}});
    return {{"jobSpec", spec}, {"jobRun", run}};
}

void run_job(benchmark::State& state, const std::string& job) {
    World world;
    const auto graph = parse_graph(job);
    const codec::Map vars = webhook_variables();
    for (auto _ : state) {
        const RunOutcome outcome = world.loop.run_until_done(world.engine.execute(request_of(graph, vars)));
        require_completed(state, outcome);
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

/// Runs of as many jobs in turn, each of which has run before.
void runs_of_many_jobs(benchmark::State& state) {
    World world;
    std::vector<std::shared_ptr<const Graph>> graphs;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        graphs.push_back(parse_graph(pure_job));
    const codec::Map vars = webhook_variables();
    std::size_t next = 0;
    const auto run_next = [&] {
        auto request = request_of(graphs[next], vars, static_cast<std::int32_t>(next));
        next = (next + 1) % graphs.size();
        require_completed(state, world.loop.run_until_done(world.engine.execute(std::move(request))));
    };
    for (std::size_t i = 0; i < graphs.size(); ++i)
        run_next();
    for (auto _ : state)
        run_next();
    state.SetItemsProcessed(state.iterations());
}

codec::Map kind_variables(const BenchEnvironment& environment) {
    const auto word = [](BytesView bytes) {
        return codec::FixedBytesValue{Bytes(bytes.begin(), bytes.end()), false};
    };
    const auto key = environment.vrf_key.public_key();
    const auto id = crypto::vrf_key_id(key);
    const Hash topic = hash_from(Bytes(32, 3));
    return {{"json", price_answer},
            {"word", Bytes(32, 1)},
            {"number", std::uint64_t{12}},
            {"cbor", *from_hex("6576616c75651903e8")},
            {"map", codec::Value::map({{"a", std::int64_t{5}}})},
            {"list", codec::Value::list({std::int64_t{1}, std::int64_t{3}, std::int64_t{2}})},
            {"key", Bytes(id.bytes.begin(), id.bytes.end())},
            {"topics", codec::Value::typed_list("hash", {topic, topic})},
            {"log", codec::Value::map({{"keyHash", word(crypto::vrf_key_hash(key).view())},
                                       {"seed", BigInt(42)},
                                       {"jobID", word(topic.view())}})}};
}

/// Ten independent tasks of one kind in a run, so that the price of the run itself counts little.
void tasks_of(benchmark::State& state, const std::string& task, const std::string& input) {
    constexpr int tasks = 10;
    World world;
    std::string text = input.empty() ? "" : "first [" + input + "]\n";
    for (int i = 0; i < tasks; ++i) {
        const std::string name = "t" + std::to_string(i);
        text += name + " [index=" + std::to_string(i) + " " + task + "]\n";
        if (!input.empty()) text += "first -> " + name + "\n";
    }
    const auto graph = parse_graph(text);
    const codec::Map vars = kind_variables(world.environment);
    for (auto _ : state) {
        const RunOutcome outcome = world.loop.run_until_done(world.engine.execute(request_of(graph, vars)));
        require_completed(state, outcome);
    }
    state.SetItemsProcessed(state.iterations() * tasks);
}

/// Tasks by kind that need nobody outside.
struct Kind {
    const char* name;
    const char* task;
    const char* input = "";
};
constexpr Kind kinds[]{
    {"any", "type=any", "type=memo value=1"},
    {"base64decode", R"g(type=base64decode input="SGVsbG8=")g"},
    {"base64encode", R"g(type=base64encode input="Hello")g"},
    {"cborparse", R"g(type=cborparse data="$(cbor)")g"},
    {"conditional", "type=conditional", "type=lessthan left=1 right=2"},
    {"divide", "type=divide input=10 divisor=3"},
    {"estimategaslimit",
     R"g(type=estimategaslimit to="0x3333333333333333333333333333333333333333" data="0x01")g"},
    {"ethabidecode", R"g(type=ethabidecode abi="uint256 value" data="$(word)")g"},
    {"ethabiencode", R"g(type=ethabiencode abi="(uint256 value)" data=<{"value": 5}>)g"},
    {"ethcall", R"g(type=ethcall contract="0x3333333333333333333333333333333333333333" data="$(word)")g"},
    {"ethgetblock", "type=ethgetblock"},
    {"hexdecode", R"g(type=hexdecode input="0x1234")g"},
    {"hexencode", "type=hexencode input=1234"},
    {"jsonparse", R"g(type=jsonparse data="$(json)" path="data,price")g"},
    {"length", "type=length input=abc"},
    {"lessthan", "type=lessthan left=1 right=2"},
    {"lookup", "type=lookup key=a", R"g(type=merge left="$(map)" right="{}")g"},
    {"lowercase", "type=lowercase input=ABC"},
    {"mean", R"g(type=mean values="$(list)")g"},
    {"median", R"g(type=median values="$(list)")g"},
    {"memo", "type=memo value=1"},
    {"merge", R"g(type=merge left="$(map)" right="{}")g"},
    {"mode", R"g(type=mode values="$(list)")g"},
    {"multiply", "type=multiply input=3 times=100"},
    {"sum", R"g(type=sum values="$(list)")g"},
    {"vrf",
     R"g(type=vrf publicKey="$(key)" requestBlockHash="$(word)" requestBlockNumber="$(number)" topics="$(topics)")g",
     R"g(type=merge left="$(log)" right="{}")g"},
};

async::Task<net::Response> answer_price(net::Request) {
    net::Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = price_answer;
    co_return response;
}

async::Task<net::Response> answer_never(net::Request) {
    co_await async::sleep_for(std::chrono::hours(1));
    co_return net::Response();
}

/// The sources of prices, on a thread of their own.
class Sources {
  public:
    explicit Sources(net::HttpServer::Handler handler)
        : server_(loop_.executor(), local(), std::move(handler)) {
        server_.listen();
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~Sources() {
        loop_.stop();
        thread_.join();
        loop_.run_until_done(server_.close_all());
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

  private:
    static net::ServerOptions local() {
        net::ServerOptions options;
        options.address = "127.0.0.1";
        return options;
    }
    async::Loop loop_;
    net::HttpServer server_;
    std::thread thread_;
};

async::Task<void> run_to_end(Engine* engine, RunRequest request, int* completed) {
    const RunOutcome outcome = co_await engine->execute(std::move(request));
    if (outcome.run.state == model::RunState::completed) ++*completed;
}

/// As many runs of the price job at a time.
void price_runs(benchmark::State& state) {
    Sources sources(answer_price);
    World world;
    const auto graph = parse_graph(price_job(sources.url()));
    const int at_once = static_cast<int>(state.range(0));
    for (auto _ : state) {
        async::TaskGroup group(world.loop.executor());
        int completed = 0;
        for (int i = 0; i < at_once; ++i)
            group.spawn("run", run_to_end(&world.engine, request_of(graph), &completed));
        world.loop.run_until_done(group.join());
        if (completed != at_once) state.SkipWithError("a run failed");
    }
    state.SetItemsProcessed(state.iterations() * at_once);
}

/// What `runs` runs under way hold of the heap; `waits` is true when all of them wait for their answers.
template <typename Waits>
void measure_memory(benchmark::State& state, World& world, const std::string& job, int runs, Waits waits) {
    const auto graph = parse_graph(job);
    for (auto _ : state) {
        async::TaskGroup group(world.loop.executor());
        int completed = 0;
        const auto before = mallinfo2().uordblks;
        for (int i = 0; i < runs; ++i)
            group.spawn("run", run_to_end(&world.engine, request_of(graph, webhook_variables()), &completed));
        while (!waits())
            world.loop.run_until_done(async::sleep_for(std::chrono::milliseconds(1)));
        state.counters["bytes_per_run"] = static_cast<double>(mallinfo2().uordblks - before) / runs;
        world.loop.run_until_done(group.stop());
    }
}

void memory_of_runs_in_a_call(benchmark::State& state) {
    World world(true);
    constexpr int runs = 1'000;
    const std::string job = pure_job + R"g(
        call [type=ethcall contract="0x3333333333333333333333333333333333333333"
        data="$(encode)"] again -> call)g";
    measure_memory(state, world, job, runs, [&] { return world.environment.chain_calls().waiting >= runs; });
}

void memory_of_price_runs(benchmark::State& state) {
    Sources sources(answer_never);
    World world;
    constexpr int runs = 100;
    measure_memory(state, world, price_job(sources.url()), runs,
                   [&] { return world.http.active() >= 3 * runs; });
}

BENCHMARK(pure_runs);
BENCHMARK(sending_runs);
BENCHMARK(parsing_graphs);
BENCHMARK(runs_of_many_jobs)->Arg(10)->Arg(10'000);
BENCHMARK(price_runs)->Arg(1)->Arg(16)->UseRealTime();
BENCHMARK(memory_of_runs_in_a_call)->Iterations(1);
BENCHMARK(memory_of_price_runs)->Iterations(1);

const bool registered = [] {
    for (const Kind& kind : kinds)
        benchmark::RegisterBenchmark((std::string("tasks/") + kind.name).c_str(), tasks_of,
                                     std::string(kind.task), std::string(kind.input));
    return true;
}();

}  // namespace

}  // namespace baton::pipeline
