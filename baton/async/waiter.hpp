#pragma once

// Inside baton/async only: includes Asio's timers, which the public headers keep out.

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>

namespace baton::async {

/// A timer on the clock that goes on while the machine sleeps.
using BootTimer = boost::asio::basic_waitable_timer<BootClock, boost::asio::wait_traits<BootClock>, Executor>;

/// One suspended coroutine that another one wakes. Lives in the frame of the coroutine that waits.
class Waiter {
  public:
    Waiter(const Executor& executor, Deadline deadline) : timer_(executor, deadline.at()) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// Idempotent. What woke first counts: a waiter that was woken reports so, even if it was cancelled as
    /// well.
    void wake() {
        woken_ = true;
        timer_.cancel();
    }
    bool woken() const { return woken_; }

    /// True when woken, false when the deadline passed. Throws Cancelled.
    Task<bool> wait();
    /// Until woken; cancellation of the calling task does not interrupt it.
    Task<void> wait_uninterrupted();

  private:
    BootTimer timer_;
    bool woken_ = false;
};

using Waiters = std::list<Waiter*>;

/// Keeps a waiter in a list as long as its coroutine's frame lives, however that ends.
class Enlisted {
  public:
    Enlisted(Waiters& waiters, Waiter& waiter)
        : waiters_(waiters), at_(waiters.insert(waiters.end(), &waiter)) {}
    ~Enlisted() { waiters_.erase(at_); }
    Enlisted(const Enlisted&) = delete;
    Enlisted& operator=(const Enlisted&) = delete;

  private:
    Waiters& waiters_;
    Waiters::iterator at_;
};

}  // namespace baton::async
