#pragma once

#include "baton/base/clock.hpp"

#include <chrono>
#include <mutex>

namespace baton::test {

/// Time that stands still until a test moves it. Starts at 2022-01-01T00:00:00Z. Any thread.
class ManualClock : public Clock {
  public:
    BootClock::time_point steady() const override {
        const std::lock_guard lock(mutex_);
        return steady_;
    }
    WallTime wall() const override {
        const std::lock_guard lock(mutex_);
        return wall_;
    }
    /// Both clocks; to steady time nanoseconds count, to the wall clock whole microseconds.
    void advance(std::chrono::nanoseconds span) {
        const std::lock_guard lock(mutex_);
        steady_ += span;
        wall_ += std::chrono::floor<std::chrono::microseconds>(span);
    }
    /// Somebody set the machine's clock; steady time goes on undisturbed.
    void set_wall(WallTime time) {
        const std::lock_guard lock(mutex_);
        wall_ = time;
    }

  private:
    mutable std::mutex mutex_;
    BootClock::time_point steady_{std::chrono::hours(1)};
    WallTime wall_ = std::chrono::sys_days{std::chrono::year(2022) / 1 / 1};
};

}  // namespace baton::test
