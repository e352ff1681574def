#pragma once

#include "baton/async/task.hpp"

#include <string>

namespace baton::store {

/// Awaits a step of an epoch's work that is tried again when it fails. Empty when it was done, else why not.
/// What ends the epoch or the task itself is thrown on: pg::FenceRefused, Cancelled, and whatever is no
/// Error.
async::Task<std::string> problem_of(async::Task<void> step);

}  // namespace baton::store
