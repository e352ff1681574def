#include "baton/pipeline/backoff.hpp"

namespace baton::pipeline {

std::chrono::nanoseconds retry_delay(std::chrono::nanoseconds min, std::chrono::nanoseconds max,
                                     std::uint32_t attempts) {
    if (min.count() <= 0) min = std::chrono::milliseconds(100);
    if (max.count() <= 0) max = std::chrono::seconds(10);
    if (min >= max) return max;
    std::chrono::nanoseconds delay = min;
    for (std::uint32_t i = 1; i < attempts; ++i) {
        // Before the doubling, so that it cannot overflow.
        if (delay > max / 2) return max;
        delay *= 2;
    }
    return delay;
}

}  // namespace baton::pipeline
