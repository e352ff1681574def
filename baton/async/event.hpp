#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"

#include <memory>

namespace baton::async {

/// Wakes tasks. notify() is remembered until one wait consumed it (auto-reset), so that no wake-up is lost
/// between looking and waiting. One loop thread; post to it from others.
class Event {
  public:
    explicit Event(Executor executor);
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    /// Wakes every current waiter, or lets the next wait return at once.
    void notify();
    /// True when notified, false when the deadline passed. Throws Cancelled.
    Task<bool> wait(Deadline deadline = Deadline::never());

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

/// A lock for coroutines of one loop thread: FIFO, held across co_await.
class Mutex {
  public:
    explicit Mutex(Executor executor);
    ~Mutex();
    class Guard;
    /// Throws Cancelled; then the lock is not held.
    Task<Guard> lock();

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

class Mutex::Guard {
  public:
    Guard(Guard&&) noexcept;
    Guard& operator=(Guard&&) = delete;
    ~Guard();

  private:
    friend class Mutex;
    explicit Guard(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::async
