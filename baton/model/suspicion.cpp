#include "baton/model/suspicion.hpp"

#include <algorithm>

namespace baton::model {

void Suspicion::looked(const std::optional<HolderLook>& holder, BootClock::time_point at) {
    const bool unchanged = holder && holder->waits_for_client && last_ == holder;
    if (unchanged) {
        silent_ += std::min<std::chrono::nanoseconds>(at - last_at_, limit_ / 4);
    } else {
        silent_ = {};
    }
    last_ = holder;
    last_at_ = at;
}

}  // namespace baton::model
