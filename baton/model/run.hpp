#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace baton::model {

enum class RunState { running, suspended, errored, completed };
std::string to_string(RunState state);
/// Throws baton::Error for an unknown text.
RunState parse_run_state(std::string_view text);

/// A row of pipeline_task_runs. Pending: finished_at, output and error all absent.
struct TaskRun {
    Uuid id;
    /// The recorded type (reference/pipeline.md section 19.0).
    std::string type;
    std::int32_t index = 0;
    std::string dot_id;
    /// JSON text; absent for null.
    std::optional<std::string> output;
    std::optional<std::string> error;
    WallTime created_at{};
    std::optional<WallTime> finished_at;
};

/// A row of pipeline_runs with its task runs. JSON columns as text (reference/schema.md section 2.2).
struct Run {
    std::int64_t id = 0;
    std::int32_t pipeline_spec_id = 0;
    RunState state = RunState::running;
    std::string inputs = "{}";
    std::optional<std::string> outputs;
    std::optional<std::string> all_errors;
    std::optional<std::string> fatal_errors;
    WallTime created_at{};
    std::optional<WallTime> finished_at;
    std::vector<TaskRun> task_runs;
};

}  // namespace baton::model
