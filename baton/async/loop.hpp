#pragma once

#include "baton/async/task.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <optional>

namespace baton::async {

/// One event-loop thread. Owned by main and by tests; everything else receives executor().
class Loop {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    Executor executor();
    /// Runs until stop() (also one that came before) or until nothing is left to do. Thrown errors of posted
    /// functions leave it; it can be run again then.
    void run();
    /// Runs what is ready, without waiting.
    void poll();
    /// Any thread.
    void stop();
    /// Any thread: runs `function` on the loop.
    void post(std::function<void()> function);

    /// Runs the loop until `task` has ended and gives its value or throws its error. Other work on the loop
    /// goes on meanwhile and stays when it returns. Throws Error when the loop is stopped first. For main and
    /// tests.
    template <typename T>
    T run_until_done(Task<T> task);

  private:
    /// Spawns the task, runs the loop until it ended, rethrows.
    void drive(Task<void> task);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

template <typename T>
T Loop::run_until_done(Task<T> task) {
    if constexpr (std::is_void_v<T>) {
        drive(std::move(task));
    } else {
        std::optional<T> result;
        // The frame keeps its parameters; a capturing lambda would die before the coroutine does.
        drive([](Task<T> inner, std::optional<T>* out) -> Task<void> {
            out->emplace(co_await std::move(inner));
        }(std::move(task), &result));
        return std::move(*result);
    }
}

/// SIGINT and SIGTERM as events on the loop: calls `on_signal(number)` for each one that arrives.
class SignalWatch {
  public:
    SignalWatch(Executor executor, std::function<void(int)> on_signal);
    ~SignalWatch();

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::async
