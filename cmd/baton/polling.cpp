#include "cmd/baton/polling.hpp"

#include <thread>

namespace baton::cli {

bool becomes_so(std::chrono::milliseconds patience, const std::function<bool()>& is_so) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

}  // namespace baton::cli
