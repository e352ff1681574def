#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/base/error.hpp"
#include "baton/base/log.hpp"
#include "baton/base/metrics.hpp"
#include "baton/base/random.hpp"
#include "baton/base/uuid.hpp"
#include "baton/codec/value.hpp"
#include "baton/model/transaction.hpp"
#include "baton/pipeline/engine.hpp"
#include "baton/pipeline/expression.hpp"
#include "baton/pipeline/failure.hpp"
#include "baton/pipeline/tx_meta.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace baton::pipeline {

/// Digits after the point of a division that is not told how many (section 6.2).
inline constexpr std::int32_t default_division_places = 16;

struct Task;
struct TaskContext;
struct TaskResult;

/// What a task type works out from literal attributes once per job, e.g. a parsed ABI signature.
struct Prepared {
    virtual ~Prepared() = default;
};

/// A row of the catalogue (reference/pipeline.md section 19): one task type. Lives for ever.
struct TaskType {
    struct AttributeType {
        std::string_view name;
        /// Read as JSON with variables.
        bool json = false;
    };
    std::string_view name;
    /// The type stored in pipeline_task_runs.type and used in metrics.
    std::string_view recorded;
    std::vector<AttributeType> attributes;
    /// Exactly one is set, or none when this version knows the type but cannot run it. `run` never waits and
    /// never throws but TaskAbort; `run_async` throws that and Cancelled.
    TaskResult (*run)(const TaskContext& context) = nullptr;
    async::Task<TaskResult> (*run_async)(TaskContext context) = nullptr;
    /// May be missing.
    std::shared_ptr<const Prepared> (*prepare)(const Task& task) = nullptr;

    bool supported() const { return run != nullptr || run_async != nullptr; }
};

/// An abnormal end of a task: v1.11.0 turns it into the error "goroutine panicked when executing run:
/// <message>" (section 11.2).
class TaskAbort : public Error {
  public:
    using Error::Error;
};

/// One task of a graph, decoded (section 2.8). Immutable.
struct Task {
    struct Input {
        std::size_t from = 0;
        /// False for an edge that a variable implies: it delays, but delivers no input.
        bool propagate = false;
    };
    /// Position in the graph: v1.11.0's task id.
    std::size_t id = 0;
    std::string dot_id;
    const TaskType* type = nullptr;
    std::int32_t index = 0;
    /// Zero or negative: no limit, not even the one that http has by default (section 9.1).
    std::optional<std::chrono::nanoseconds> timeout;
    bool fail_early = false;
    std::uint32_t retries = 0;
    /// Effective values (section 10).
    std::chrono::nanoseconds min_backoff{std::chrono::seconds(5)};
    std::chrono::nanoseconds max_backoff{std::chrono::minutes(1)};
    /// The recognised ones that are set, in the catalogue's order.
    std::vector<Attribute> attributes;
    /// By task id.
    std::vector<Input> inputs;
    std::vector<std::size_t> outputs;
    std::shared_ptr<const Prepared> prepared;

    /// nullptr when it is not set.
    const Attribute* attribute(std::string_view name) const;
};

/// What an ethtx task asks for, before the call is wrapped for a forwarder.
struct TransactionDraft {
    /// Without meta.
    model::NewTransaction transaction;
    TxMeta meta;
    /// The contract that the call goes through.
    std::optional<Address> forwarder;
};
/// As it is stored (reference/evm.md section 6.2).
model::NewTransaction finish(TransactionDraft draft);
/// Call data of the forwarder's forward(address,bytes).
Bytes forwarded_call(const Address& to, BytesView payload);

/// What a task came to.
struct TaskResult {
    /// An ErrorValue when the task failed.
    codec::Value value;
    /// v1.11.0's flag; informational, retries do not look at it (section 10).
    bool retryable = false;
    /// The result comes later, from outside; value is null.
    bool pending = false;
    std::optional<TransactionDraft> transaction;

    static TaskResult success(codec::Value value) { return {std::move(value), false, false, std::nullopt}; }
    static TaskResult failed(Failure failure, bool retryable = false) {
        return {codec::ErrorValue{std::move(failure.text)}, retryable, false, std::nullopt};
    }
};

/// What all tasks of one run share. Outlives them.
struct RunContext {
    Environment& environment;
    Metrics& metrics;
    Random& random;
    Logger log;
    std::string job_type;
    std::optional<std::uint32_t> job_gas_limit;
    bool forwarding_allowed = false;
    std::int32_t pipeline_spec_id = 0;
};

/// One attempt. What it refers to stays unchanged until the task's function returns or first waits; `task`
/// and `run` longer.
struct TaskContext {
    const Task& task;
    const RunContext& run;
    const codec::Map& vars;
    /// Results of explicit predecessors in order; errors are ErrorValues.
    std::span<const codec::Value* const> inputs;
    Uuid task_run_id;
    /// Of this attempt, without the default that http has.
    async::Deadline deadline;
};

}  // namespace baton::pipeline
