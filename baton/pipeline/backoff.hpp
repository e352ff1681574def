#pragma once

#include <chrono>
#include <cstdint>

namespace baton::pipeline {

/// The wait before another attempt after `attempts` (from 1) that failed: min * 2^(attempts-1), never above
/// max (reference/pipeline.md section 10). A min that is not positive counts as 100 ms, such a max as 10 s.
std::chrono::nanoseconds retry_delay(std::chrono::nanoseconds min, std::chrono::nanoseconds max,
                                     std::uint32_t attempts);

}  // namespace baton::pipeline
