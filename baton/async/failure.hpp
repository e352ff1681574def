#pragma once

#include "baton/async/task.hpp"

namespace baton::async {

/// Awaits the work and gives what it threw, a cancellation as well; null when it ended well. For whatever has
/// to be awaited after a failure, which a catch block cannot do. Throws only when the calling task was
/// cancelled before.
Task<std::exception_ptr> failure_of(Task<void> work);

}  // namespace baton::async
