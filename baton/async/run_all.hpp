#pragma once

#include "baton/async/task.hpp"

#include <string>
#include <vector>

namespace baton::async {

struct NamedTask {
    std::string name;
    Task<void> task;
};

/// Runs tasks that serve for ever side by side until one of them fails or the caller is cancelled; then
/// cancels and awaits the others and throws the first failure, or Cancelled. A task that returns just ends;
/// the others go on.
Task<void> run_all(std::vector<NamedTask> tasks);

}  // namespace baton::async
