#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"

#include <chrono>

namespace baton::async {

/// Throws Cancelled when the owner cancels the task.
Task<void> sleep_for(std::chrono::nanoseconds span);
Task<void> sleep_until(Deadline deadline);

}  // namespace baton::async
