#include "baton/async/worker_pool.hpp"

#include "baton/async/event.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

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
        if (self->threads < self->most_threads) {
            // Waits for the lock, and so finds the step. Where no thread can be made nothing was promised
            // yet.
            std::thread([self] { self->work_off(); }).detach();
            ++self->threads;
        }
        self->queue.push_back(std::move(step));
    }

    void work_off() {
        std::unique_lock lock(mutex);
        while (!queue.empty()) {
            auto step = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            step();
            step = nullptr;
            lock.lock();
        }
        --threads;
        thread_ended.notify_all();
    }

    void join() {
        std::unique_lock lock(mutex);
        thread_ended.wait(lock, [this] { return threads == 0; });
    }

    const unsigned most_threads;
    std::mutex mutex;
    std::condition_variable thread_ended;
    std::deque<std::function<void()>> queue;
    unsigned threads = 0;
};

WorkerPool::WorkerPool(unsigned threads) : impl_(std::make_shared<Impl>(threads)) {}
WorkerPool::~WorkerPool() {
    impl_->join();
}

Task<void> WorkerPool::run_void(std::function<void()> work) {
    return Impl::run(impl_, std::move(work));
}

}  // namespace baton::async
