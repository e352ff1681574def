#pragma once

#include "baton/base/clock.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace baton::model {

/// One answered look at the session that holds a lock. Times are text as the server prints them: they are
/// compared for change only, because ages by the server's clock are wrong while it stalls.
struct HolderLook {
    int pid = 0;
    std::string backend_start;
    std::string state_change;
    /// The server waits for the session's client. Otherwise it executes, and its client is alive, however
    /// long it takes.
    bool waits_for_client = false;
    bool operator==(const HolderLook&) const = default;
};

/// How long the holder of a lock has been silent, by the watcher's own clock and its own answered looks
/// (leadership.md section 5). Each gap between two looks counts at most a quarter of the limit, so that a
/// stalled database or a watcher that was frozen itself cannot make a living holder look dead.
class Suspicion {
  public:
    /// `limit`: F for a Baton, D for a v1.11.0.
    explicit Suspicion(std::chrono::nanoseconds limit) : limit_(limit) {}

    /// `at`: when the look was answered. Nothing: nobody holds the lock.
    void looked(const std::optional<HolderLook>& holder, BootClock::time_point at);
    /// True once it has been silent for longer than limit - limit/16.
    bool frozen() const { return silent_ > limit_ - limit_ / 16; }
    std::chrono::nanoseconds silent_for() const { return silent_; }

  private:
    std::chrono::nanoseconds limit_;
    std::optional<HolderLook> last_;
    BootClock::time_point last_at_{};
    std::chrono::nanoseconds silent_{0};
};

}  // namespace baton::model
