#include "baton/async/worker_pool.hpp"

#include "baton/async/event.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <utility>

namespace baton::async {

namespace asio = boost::asio;

struct WorkerPool::Impl {
    explicit Impl(unsigned threads) : pool(threads) {}

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
        asio::post(self->pool, [job, executor] {
            try {
                job->work();
            } catch (...) {
                job->error = std::current_exception();
            }
            asio::post(executor, [job] { job->done.notify(); });
        });
        co_await job->done.wait();
        if (job->error) std::rethrow_exception(job->error);
    }

    asio::thread_pool pool;
};

WorkerPool::WorkerPool(unsigned threads) : impl_(std::make_shared<Impl>(threads)) {}
WorkerPool::~WorkerPool() {
    impl_->pool.join();
}

Task<void> WorkerPool::run_void(std::function<void()> work) {
    return Impl::run(impl_, std::move(work));
}

}  // namespace baton::async
