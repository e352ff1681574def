#pragma once

// For tests of this folder only: a chain whose answers a test makes.

#include "baton/async/timer.hpp"
#include "baton/pipeline/chain_reader.hpp"
#include "baton/pipeline/engine_testing.hpp"
#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

/// Gives what a test puts there.
class FakeChain : public ChainReader {
  public:
    async::Task<ChainAnswer<Bytes>> call(model::ContractCall call, async::Deadline deadline) override {
        calls.push_back(std::move(call));
        if (hangs) {
            ++waiting;
            // As the client does: an endpoint that is silent is given up at the deadline.
            co_await async::sleep_for(
                std::min<std::chrono::nanoseconds>(deadline.left(), std::chrono::hours(1)));
            ChainFault fault;
            fault.text = "remote eth node timed out: context deadline exceeded";
            co_return fault;
        }
        co_return result;
    }
    async::Task<ChainAnswer<std::uint64_t>> estimate_gas(model::ContractCall call, async::Deadline) override {
        calls.push_back(std::move(call));
        co_return estimate;
    }
    async::Task<ChainAnswer<model::Head>> latest_head(async::Deadline) override { co_return head; }

    std::vector<model::ContractCall> calls;
    bool hangs = false;
    int waiting = 0;
    ChainAnswer<Bytes> result;
    ChainAnswer<std::uint64_t> estimate;
    ChainAnswer<model::Head> head;
};

inline ChainFault fault(std::string message, std::int64_t code = 0,
                        std::optional<std::string> data = std::nullopt) {
    ChainFault made;
    made.text = "the endpoint said: " + message;
    made.code = code;
    made.message = std::move(message);
    made.data = std::move(data);
    return made;
}

/// Tasks and runs on that chain.
class ChainTest : public EngineTest {
  protected:
    ChainTest() { environment.reader = &chain; }
    /// As run_in() has it.
    std::string ask(const std::string& task, Inputs inputs = {}, codec::Map vars = {}) {
        return run_in(loop, environment, task, std::move(inputs), std::move(vars));
    }
    FakeChain chain;
};

}  // namespace baton::pipeline::testing
