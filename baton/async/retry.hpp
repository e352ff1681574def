#pragma once

#include <chrono>

namespace baton::async {

/// Delays of repeated attempts: first, first*2, ... up to most. Ask next() after each failure, reset() after
/// a success.
class Backoff {
  public:
    Backoff(std::chrono::nanoseconds first, std::chrono::nanoseconds most)
        : first_(first), most_(most), next_(first) {}
    std::chrono::nanoseconds next() {
        const auto now = next_;
        next_ = next_ * 2 > most_ ? most_ : next_ * 2;
        return now;
    }
    void reset() { next_ = first_; }

  private:
    std::chrono::nanoseconds first_;
    std::chrono::nanoseconds most_;
    std::chrono::nanoseconds next_;
};

}  // namespace baton::async
