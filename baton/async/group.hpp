#pragma once

#include "baton/async/task.hpp"
#include "baton/base/log.hpp"

#include <functional>
#include <memory>
#include <string>

namespace baton::async {

/// Owns tasks: starts them, cancels them, awaits them. There is no detached work in Baton.
/// Used on its executor's thread only. REQUIRES: joined (or never used) before destruction; the destructor
/// terminates the program otherwise, because a task would outlive what it refers to.
class TaskGroup {
  public:
    /// `on_error(name, error)` is told of every task that ends with an error other than cancellation; it must
    /// not throw.
    using OnError = std::function<void(const std::string& name, std::exception_ptr error)>;
    explicit TaskGroup(Executor executor, OnError on_error = {});
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// Starts the task at the next turn of the loop. After cancel() the task is dropped without being
    /// started.
    void spawn(std::string name, Task<void> task);
    /// Asks every task to end: their waits throw. Tasks spawned later are dropped. Idempotent.
    void cancel();
    /// Waits until every task has ended. Once it waits, a cancellation of the calling task does not interrupt
    /// it (tasks would outlive the group); the caller's next co_await throws then. A caller that was
    /// cancelled before calls shield_cancellation() first. Deadlocks when called by a task of the group
    /// itself.
    Task<void> join();
    /// cancel() and join().
    Task<void> stop();

    /// Tasks that have not ended yet.
    std::size_t size() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::async
