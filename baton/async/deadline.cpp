#include "baton/async/deadline.hpp"

#include <algorithm>

namespace baton::async {

std::chrono::nanoseconds Deadline::left() const {
    if (is_never()) return std::chrono::nanoseconds::max();
    return std::max(at_ - BootClock::now(), std::chrono::nanoseconds::zero());
}

}  // namespace baton::async
