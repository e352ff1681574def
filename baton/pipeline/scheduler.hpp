#pragma once

#include "baton/codec/value.hpp"
#include "baton/pipeline/graph.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace baton::pipeline {

/// Decides which task of a run is next: dependencies, variables, retries, failEarly (reference/pipeline.md
/// sections 8, 10, 11). Pure: it waits for nothing and runs nothing. Used thus: take_ready() until it gives
/// nothing, then report() one result, and so on; that order makes every task see exactly the variables of the
/// moment when it became ready.
class Scheduler {
  public:
    struct Slot {
        enum class State {
            /// For predecessors; for ever when the run ends before them.
            waiting,
            ready,
            running,
            /// Failed, to be run again after the delay.
            retrying,
            /// Waits for a result from outside.
            pending,
            finished,
        };
        State state = State::waiting;
        /// Of the last attempt; an ErrorValue when it failed.
        codec::Value value;
        /// In this execution: 0 for results that were restored.
        std::uint32_t attempts = 0;
        std::size_t missing_inputs = 0;
        /// What the next attempt sees, when that was fixed earlier.
        std::shared_ptr<const codec::Map> vars;
    };

    /// `graph` outlives the scheduler.
    Scheduler(const Graph& graph, codec::Map vars);

    /// Takes over a result of an earlier execution. Before start().
    void restore(std::size_t task, codec::Value value);
    /// The task went pending in an earlier execution and is not run again. Before start().
    void restore_pending(std::size_t task);
    /// Makes every task ready that waits for nothing.
    void start();

    /// The next task to run; it counts as running from now on.
    std::optional<std::size_t> take_ready();
    bool has_ready() const { return !ready_.empty(); }
    /// The variables for the attempt that is to start, shared so that they stay as they are while it runs.
    std::shared_ptr<const codec::Map> vars_for(std::size_t task) const;
    /// Results of explicit predecessors in order (section 8.2); they stay in place as long as the scheduler.
    std::vector<const codec::Value*> inputs_for(std::size_t task) const;

    /// A running task ended. The delay after which retry() is to be called, if it is to be run again.
    std::optional<std::chrono::nanoseconds> report(std::size_t task, codec::Value value, bool pending);
    /// The result of a pending task came from outside. There is no second attempt.
    void put_result(std::size_t task, codec::Value value);
    /// The delay is over. Ignored when the run was stopped meanwhile.
    void retry(std::size_t task);

    /// Nothing is ready, runs, or waits to be run again.
    bool idle() const { return ready_.empty() && running_ == 0 && retrying_ == 0; }
    std::size_t running() const { return running_; }
    std::size_t retrying() const { return retrying_; }
    /// failEarly stopped the run.
    bool stopped() const { return stopped_; }
    /// Some task waits for a result from outside, so the run is not over.
    bool has_pending() const;

    const std::vector<Slot>& slots() const { return slots_; }
    const codec::Map& vars() const { return *vars_; }
    const Graph& graph() const { return graph_; }

  private:
    void set_var(const std::string& name, const codec::Value& value);
    void finish(std::size_t task);
    void stop();

    const Graph& graph_;
    /// Changed in place unless a running attempt shares it.
    std::shared_ptr<codec::Map> vars_;
    std::vector<Slot> slots_;
    std::deque<std::size_t> ready_;
    std::size_t running_ = 0;
    std::size_t retrying_ = 0;
    bool stopped_ = false;
};

}  // namespace baton::pipeline
