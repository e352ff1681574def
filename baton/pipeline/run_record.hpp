#pragma once

#include "baton/pipeline/execution.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::pipeline {

/// The JSON object of a run's variables; those that cannot be stored become null.
std::string stored_variables(const codec::Map& vars);

/// The run as it is to be stored: state, outputs, errors, inputs, task rows (reference/pipeline.md sections
/// 12 and 13). `stored_vars` is the inputs column of a run whose inputs are its job variables only; empty:
/// the variables at the end. Ids, times of the run and transactions are left for the caller.
RunOutcome record_run(const Scheduler& scheduler, std::vector<Execution::Record>& records,
                      const std::string& stored_vars, WallTime now);

/// The run of a graph that cannot be executed: errored, with that one error and no task rows.
model::Run faulty_run(const std::string& error, WallTime now);

/// "errored" as soon as there is an error that is not null, then "completed" or "running".
model::RunState run_state(const std::vector<std::optional<std::string>>& fatal_errors, bool finished);

}  // namespace baton::pipeline
