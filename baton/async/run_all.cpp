#include "baton/async/run_all.hpp"

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"

#include <boost/asio/this_coro.hpp>

namespace baton::async {

Task<void> run_all(std::vector<NamedTask> tasks) {
    const auto executor = co_await current_executor();
    Event failed(executor);
    std::exception_ptr first;
    TaskGroup group(executor, [&](const std::string&, std::exception_ptr error) {
        if (!first) first = std::move(error);
        failed.notify();
    });
    for (auto& one : tasks)
        group.spawn(std::move(one.name), std::move(one.task));
    std::exception_ptr interrupted;
    try {
        co_await failed.wait();
    } catch (...) {
        interrupted = std::current_exception();
    }
    // Not shield_cancellation(): it would leave the caller deaf too, who may catch the error and go on
    // (reconnect, ...).
    const bool throws = co_await boost::asio::this_coro::throw_if_cancelled();
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    co_await group.stop();
    co_await boost::asio::this_coro::throw_if_cancelled(throws);
    std::rethrow_exception(first ? first : interrupted);
}

}  // namespace baton::async
