#pragma once

#include "baton/base/clock.hpp"

#include <chrono>

namespace baton::async {

/// A point in steady time made at the edge (an HTTP request, a timer) and passed down to the last query.
class Deadline {
  public:
    /// Never.
    Deadline() = default;
    static Deadline never() { return {}; }
    static Deadline after(std::chrono::nanoseconds span) { return Deadline(BootClock::now() + span); }
    explicit Deadline(BootClock::time_point at) : at_(at) {}

    bool is_never() const { return at_ == BootClock::time_point::max(); }
    bool passed() const { return !is_never() && BootClock::now() >= at_; }
    BootClock::time_point at() const { return at_; }
    /// Zero when passed; a very long time when never.
    std::chrono::nanoseconds left() const;
    /// The earlier of the two.
    Deadline sooner(Deadline other) const { return at_ < other.at_ ? *this : other; }

  private:
    BootClock::time_point at_ = BootClock::time_point::max();
};

}  // namespace baton::async
