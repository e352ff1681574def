#include "baton/async/waiter.hpp"

#include "baton/base/error.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

namespace baton::async {

namespace asio = boost::asio;

Task<bool> Waiter::wait() {
    if (woken_) co_return true;
    boost::system::error_code error;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (woken_) co_return true;
    // Only wake() and the owner of the task cancel the timer.
    if (error) throw Cancelled();
    co_return false;
}

Task<void> Waiter::wait_uninterrupted() {
    boost::system::error_code error;
    while (!woken_) {
        // An unconnected slot in place of the task's own keeps the cancellation away from the timer.
        co_await timer_.async_wait(asio::bind_cancellation_slot(
            asio::cancellation_slot(), asio::redirect_error(asio::use_awaitable, error)));
    }
}

}  // namespace baton::async
