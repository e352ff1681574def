#include "baton/async/event.hpp"

#include "baton/async/waiter.hpp"
#include "baton/base/error.hpp"

#include <utility>

namespace baton::async {

struct Event::Impl {
    explicit Impl(Executor runs_on) : executor(std::move(runs_on)) {}

    static Task<bool> wait(std::shared_ptr<Impl> self, Deadline deadline) {
        if (std::exchange(self->notified, false)) co_return true;
        Waiter waiter(self->executor, deadline);
        const Enlisted enlisted(self->waiters, waiter);
        co_return co_await waiter.wait();
    }

    Executor executor;
    bool notified = false;
    Waiters waiters;
};

Event::Event(Executor executor) : impl_(std::make_shared<Impl>(std::move(executor))) {}
Event::~Event() = default;

void Event::notify() {
    // A waiter that was woken but has not run yet no longer stands for "somebody will look".
    bool anybody = false;
    for (Waiter* waiter : impl_->waiters) {
        if (waiter->woken()) continue;
        waiter->wake();
        anybody = true;
    }
    if (!anybody) impl_->notified = true;
}

Task<bool> Event::wait(Deadline deadline) {
    return Impl::wait(impl_, deadline);
}

struct Mutex::Impl {
    explicit Impl(Executor runs_on) : executor(std::move(runs_on)) {}

    void unlock() {
        // Handed over, not set free: otherwise a newcomer could slip in before the first in the queue.
        for (Waiter* waiter : waiters) {
            if (waiter->woken()) continue;
            waiter->wake();
            return;
        }
        locked = false;
    }

    static Task<Guard> lock(std::shared_ptr<Impl> self) {
        if (!self->locked) {
            self->locked = true;
            co_return Guard(std::move(self));
        }
        Waiter waiter(self->executor, Deadline::never());
        HandedOver handed(*self, waiter);
        const Enlisted enlisted(self->waiters, waiter);
        co_await waiter.wait();
        handed.taken = true;
        co_return Guard(self);
    }

    /// Passes the lock on when the frame is destroyed between the hand-over and the resumption.
    struct HandedOver {
        HandedOver(Impl& owner, Waiter& owned) : impl(owner), waiter(owned) {}
        HandedOver(const HandedOver&) = delete;
        HandedOver& operator=(const HandedOver&) = delete;
        ~HandedOver() {
            if (waiter.woken() && !taken) impl.unlock();
        }
        Impl& impl;
        Waiter& waiter;
        bool taken = false;
    };

    Executor executor;
    bool locked = false;
    Waiters waiters;
};

Mutex::Mutex(Executor executor) : impl_(std::make_shared<Impl>(std::move(executor))) {}
Mutex::~Mutex() = default;

Task<Mutex::Guard> Mutex::lock() {
    return Impl::lock(impl_);
}

Mutex::Guard::Guard(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Mutex::Guard::Guard(Guard&&) noexcept = default;
Mutex::Guard::~Guard() {
    if (impl_) impl_->unlock();
}

}  // namespace baton::async
