#include "baton/async/group.hpp"

#include "baton/async/waiter.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <cstdio>
#include <unordered_set>
#include <utility>
#include <vector>

namespace baton::async {

namespace asio = boost::asio;

struct TaskGroup::Impl : std::enable_shared_from_this<TaskGroup::Impl> {
    struct Child {
        std::string name;
        asio::cancellation_signal signal;
    };
    using ChildPointer = std::shared_ptr<Child>;

    Impl(Executor runs_on, OnError told) : executor(std::move(runs_on)), on_error(std::move(told)) {}

    void spawn(std::string name, Task<void> task) {
        const auto child = std::make_shared<Child>();
        child->name = std::move(name);
        children.insert(child);
        auto ended = [self = shared_from_this(), child](std::exception_ptr error) {
            self->ended(child, error);
        };
        asio::co_spawn(executor, run(shared_from_this(), std::move(task)),
                       asio::bind_cancellation_slot(child->signal.slot(), std::move(ended)));
    }

    static Task<void> run(std::shared_ptr<Impl> self, Task<void> task) {
        // To the next turn of the loop: co_spawn would run the first part of the task in the middle of its
        // owner's work. Also, co_spawn (Boost 1.81) throws out of the loop when a cancelled task ends that
        // was never suspended.
        co_await asio::post(self->executor, asio::use_awaitable);
        if (!self->cancelled) co_await std::move(task);
    }

    void ended(const ChildPointer& child, const std::exception_ptr& error) {
        if (error && on_error && !is_cancellation(error)) on_error(child->name, error);
        children.erase(child);
        if (!children.empty()) return;
        for (Waiter* joiner : joiners) {
            joiner->wake();
        }
    }

    void cancel() {
        if (std::exchange(cancelled, true)) return;
        // Through the executor, so that what Asio dispatches on emission runs here and now, while the signals
        // live.
        asio::dispatch(executor, [self = shared_from_this()] {
            const std::vector<ChildPointer> all(self->children.begin(), self->children.end());
            for (const ChildPointer& child : all) {
                child->signal.emit(asio::cancellation_type::all);
            }
        });
    }

    static Task<void> join(std::shared_ptr<Impl> self) {
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        while (!self->children.empty()) {
            Waiter waiter(self->executor, Deadline::never());
            const Enlisted enlisted(self->joiners, waiter);
            co_await waiter.wait_uninterrupted();
        }
        co_await asio::this_coro::throw_if_cancelled(throws);
    }

    Executor executor;
    OnError on_error;
    bool cancelled = false;
    std::unordered_set<ChildPointer> children;
    Waiters joiners;
};

TaskGroup::TaskGroup(Executor executor, OnError on_error)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(on_error))) {}

TaskGroup::~TaskGroup() {
    if (impl_->children.empty()) return;
    std::fprintf(stderr, "baton: a task group ends with %zu tasks that nobody awaited, the first is \"%s\"\n",
                 impl_->children.size(), (*impl_->children.begin())->name.c_str());
    std::terminate();
}

void TaskGroup::spawn(std::string name, Task<void> task) {
    if (!impl_->cancelled) impl_->spawn(std::move(name), std::move(task));
}

void TaskGroup::cancel() {
    impl_->cancel();
}

Task<void> TaskGroup::join() {
    return Impl::join(impl_);
}

Task<void> TaskGroup::stop() {
    cancel();
    return join();
}

std::size_t TaskGroup::size() const {
    return impl_->children.size();
}

}  // namespace baton::async
