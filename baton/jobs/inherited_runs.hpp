#pragma once

#include "baton/jobs/run_service.hpp"

#include <chrono>

namespace baton::jobs {

struct InheritedRunsTimes {
    std::chrono::nanoseconds first_pause = std::chrono::seconds(1);
    std::chrono::nanoseconds longest_pause = std::chrono::minutes(1);
};

/// Finishes the runs that v1.11.0 left in state running, several side by side; those that fail are tried
/// again with growing pauses until they are finished. Throws FenceRefused and Cancelled. `runs` outlives it.
async::Task<void> finish_inherited_runs(RunService& runs, store::Writer writer, Logger log,
                                        InheritedRunsTimes times = {});

}  // namespace baton::jobs
