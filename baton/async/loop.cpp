#include "baton/async/loop.hpp"

#include "baton/base/error.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <atomic>
#include <csignal>
#include <utility>

namespace baton::async {

namespace asio = boost::asio;

struct Loop::Impl {
    /// One thread runs it; others may post.
    asio::io_context context{1};
    std::atomic<bool> stop_asked = false;

    /// False when a stop() is to be obeyed first. An io_context that ran dry counts as stopped too.
    bool ready() {
        if (stop_asked.exchange(false)) return false;
        if (context.stopped()) context.restart();
        return true;
    }
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

Executor Loop::executor() {
    return impl_->context.get_executor();
}

void Loop::run() {
    if (!impl_->ready()) return;
    impl_->context.run();
    impl_->stop_asked = false;
}

void Loop::poll() {
    if (impl_->ready()) impl_->context.poll();
}

void Loop::stop() {
    impl_->stop_asked = true;
    impl_->context.stop();
}

void Loop::post(std::function<void()> function) {
    asio::post(impl_->context, std::move(function));
}

void Loop::drive(Task<void> task) {
    if (!impl_->ready()) throw Error("the event loop was stopped before a task could start");
    struct Outcome {
        bool done = false;
        std::exception_ptr error;
    };
    // Shared, because the task may outlive this call when the loop is stopped.
    const auto outcome = std::make_shared<Outcome>();
    asio::co_spawn(executor(), std::move(task), [outcome](std::exception_ptr error) {
        outcome->done = true;
        outcome->error = std::move(error);
    });
    while (!outcome->done && impl_->context.run_one() > 0) {
    }
    impl_->stop_asked = false;
    if (outcome->error) std::rethrow_exception(outcome->error);
    if (!outcome->done) throw Error("the event loop was stopped before its task ended");
}

struct SignalWatch::Impl : std::enable_shared_from_this<SignalWatch::Impl> {
    Impl(const Executor& executor, std::function<void(int)> told)
        : signals(executor, SIGINT, SIGTERM), on_signal(std::move(told)) {}

    void wait() {
        signals.async_wait([self = shared_from_this()](boost::system::error_code error, int number) {
            if (error) return;
            self->wait();
            self->on_signal(number);
        });
    }

    boost::asio::signal_set signals;
    std::function<void(int)> on_signal;
};

SignalWatch::SignalWatch(Executor executor, std::function<void(int)> on_signal)
    : impl_(std::make_shared<Impl>(executor, std::move(on_signal))) {
    impl_->wait();
}

SignalWatch::~SignalWatch() {
    impl_->on_signal = [](int) {};
    impl_->signals.cancel();
}

}  // namespace baton::async
