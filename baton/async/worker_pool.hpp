#pragma once

#include "baton/async/task.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace baton::async {

/// A few threads for work that would hold up the loop (scrypt, bcrypt, large proofs). They end when nothing
/// is left to do: the kernel closes the sessions of a killed process only when the last of its threads got a
/// processor to die on, and until then its locks are held.
class WorkerPool {
  public:
    explicit WorkerPool(unsigned threads);
    /// Waits for the work under way and for the ends of the threads.
    ~WorkerPool();

    /// Runs `work` on a worker thread; the caller continues on its own executor with the value or error.
    /// `work` owns everything that it touches: it goes on even when the waiting task is cancelled.
    template <typename T>
    Task<T> run(std::function<T()> work);

  private:
    Task<void> run_void(std::function<void()> work);
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

template <typename T>
Task<T> WorkerPool::run(std::function<T()> work) {
    auto result = std::make_shared<std::optional<T>>();
    std::function<void()> fill = [work = std::move(work), result] { result->emplace(work()); };
    co_await run_void(std::move(fill));
    co_return std::move(**result);
}

}  // namespace baton::async
