#pragma once

#include "baton/pipeline/task.hpp"

#include <span>
#include <string_view>

namespace baton::pipeline {

/// Every task type that v1.11.0 has, by name.
std::span<const TaskType> task_types();
/// nullptr for an unknown one. `name` in lower case.
const TaskType* find_task_type(std::string_view name);

}  // namespace baton::pipeline
