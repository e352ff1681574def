#pragma once

// For tests of this folder only: a world in which runs are executed.

#include "baton/async/loop.hpp"
#include "baton/base/error.hpp"
#include "baton/codec/json.hpp"
#include "baton/net/http_client.hpp"
#include "baton/pipeline/engine.hpp"
#include "testing/clock.hpp"
#include "testing/metrics.hpp"
#include "testing/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace baton::pipeline::testing {

inline Address address_of(std::uint8_t byte) {
    Address address;
    address.bytes.fill(byte);
    return address;
}

/// One chain (id 1, finality depth 50) and one key.
class FakeEnvironment : public Environment {
  public:
    explicit FakeEnvironment(net::HttpClient& http) : http_(http) {}

    std::optional<BigInt> default_chain() const override { return default_id; }
    std::optional<Chain> chain(const BigInt& id, const std::string&) const override {
        if (id != 1) return std::nullopt;
        Chain chain;
        chain.id = id;
        return chain;
    }
    Address next_key(const BigInt&, const std::vector<Address>& candidates) override {
        key_candidates = candidates;
        if (key_error) throw Error(*key_error);
        return address_of(0x11);
    }
    ChainReader* chain_reader(const BigInt&) override { return reader; }
    crypto::VrfProof prove(const crypto::VrfKeyId& id, const Hash& seed) const override {
        if (vrf_key == nullptr) return Environment::prove(id, seed);
        return crypto::prove_vrf(*vrf_key, seed, Random::system());
    }
    net::HttpClient& http() override { return http_; }
    HttpLimits http_limits() const override { return limits; }
    std::chrono::nanoseconds max_run_duration() const override { return most; }
    std::optional<Address> forwarder(const BigInt&, const Address&) override { return address_of(0x22); }
    Bridges* bridges() override { return adapters; }

    std::optional<BigInt> default_id = BigInt(1);
    /// Of the last next_key().
    std::vector<Address> key_candidates;
    HttpLimits limits;
    std::chrono::nanoseconds most{std::chrono::minutes(10)};
    std::optional<std::string> key_error;
    ChainReader* reader = nullptr;
    const crypto::PrivateKey* vrf_key = nullptr;
    Bridges* adapters = nullptr;

  private:
    net::HttpClient& http_;
};

class EngineTest : public ::testing::Test {
  protected:
    EngineTest()
        : http(loop.executor()),
          environment(http),
          engine(loop.executor(), environment, clock, random, metrics, Logger()) {}

    RunRequest request(const std::string& graph, codec::Map vars = {}) {
        RunRequest request;
        request.graph = parse_graph(graph);
        request.job_id = 7;
        request.job_name = "a job";
        request.job_type = "webhook";
        request.pipeline_spec_id = 70;
        request.vars = std::move(vars);
        return request;
    }
    RunOutcome execute(RunRequest request) { return loop.run_until_done(engine.execute(std::move(request))); }
    RunOutcome execute(const std::string& graph, codec::Map vars = {}) {
        return execute(request(graph, std::move(vars)));
    }
    /// The run goes on with a result for its pending task of that name.
    RunOutcome resume(const std::string& graph, model::Run run, const std::string& dot_id,
                      std::optional<std::string> output, std::optional<std::string> error = std::nullopt) {
        Engine::put_result(run, row(run, dot_id).id, std::move(output), std::move(error), clock.wall());
        RunRequest resumed = request(graph);
        resumed.resumed = std::move(run);
        return execute(std::move(resumed));
    }

    static const model::TaskRun& row(const model::Run& run, const std::string& dot_id) {
        const auto found = std::ranges::find(run.task_runs, dot_id, &model::TaskRun::dot_id);
        if (found == run.task_runs.end()) throw NotFound("no row of task " + dot_id);
        return *found;
    }

    async::Loop loop;
    net::HttpClient http;
    FakeEnvironment environment;
    test::ManualClock clock;
    test::SeededRandom random;
    test::CountingMetrics metrics;
    Engine engine;
};

}  // namespace baton::pipeline::testing
