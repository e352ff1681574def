#include "baton/async/worker_pool.hpp"

#include "baton/async/event.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace baton::async {

namespace asio = boost::asio;

struct WorkerPool::Impl {
    explicit Impl(unsigned most) : most_threads(most) {}

    struct Job {
        explicit Job(const Executor& executor) : done(executor) {}
        std::function<void()> work;
        std::exception_ptr error;
        /// Touched by the loop thread only.
        Event done;
    };

    static Task<void> run(std::shared_ptr<Impl> self, std::function<void()> work) {
        const Executor executor = co_await asio::this_coro::executor;
        const auto job = std::make_shared<Job>(executor);
        job->work = std::move(work);
        std::function<void()> step = [job, executor] {
            try {
                job->work();
            } catch (...) {
                job->error = std::current_exception();
            }
            asio::post(executor, [job] { job->done.notify(); });
        };
        self->add(self, std::move(step));
        co_await job->done.wait();
        if (job->error) std::rethrow_exception(job->error);
    }

    static void add(const std::shared_ptr<Impl>& self, std::function<void()> step) {
        const std::lock_guard lock(self->mutex);
        if (self->running.size() < self->most_threads) {
            // Waits for the lock, and so finds the step. Where no thread can be made nothing was promised
            // yet.
            self->running.emplace_back([self] { self->work_off(); });
        }
        self->queue.push_back(std::move(step));
    }

    void work_off() {
        join_ended();
        std::unique_lock lock(mutex);
        while (!queue.empty()) {
            auto step = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            step();
            step = nullptr;
            lock.lock();
        }
        const auto own = std::ranges::find(running, std::this_thread::get_id(), &std::thread::get_id);
        ended.push_back(std::move(*own));
        running.erase(own);
        thread_ended.notify_all();
    }

    /// Waits for the threads that have nothing left to do but to free what libraries keep for each thread: a
    /// process that ended before them would take it from under them.
    void join_ended() {
        std::vector<std::thread> threads;
        {
            const std::lock_guard lock(mutex);
            threads.swap(ended);
        }
        for (auto& thread : threads)
            thread.join();
    }

    void join() {
        {
            std::unique_lock lock(mutex);
            thread_ended.wait(lock, [this] { return running.empty(); });
        }
        join_ended();
    }

    const unsigned most_threads;
    std::mutex mutex;
    std::condition_variable thread_ended;
    std::deque<std::function<void()>> queue;
    std::vector<std::thread> running;
    /// Joined by the next thread, never by the loop, which would wait; by the pool's end at the latest.
    std::vector<std::thread> ended;
};

WorkerPool::WorkerPool(unsigned threads) : impl_(std::make_shared<Impl>(threads)) {}
WorkerPool::~WorkerPool() {
    impl_->join();
}

Task<void> WorkerPool::run_void(std::function<void()> work) {
    return Impl::run(impl_, std::move(work));
}

}  // namespace baton::async
