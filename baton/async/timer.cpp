#include "baton/async/timer.hpp"

#include "baton/async/waiter.hpp"

namespace baton::async {

Task<void> sleep_until(Deadline deadline) {
    Waiter waiter(co_await boost::asio::this_coro::executor, deadline);
    co_await waiter.wait();
}

Task<void> sleep_for(std::chrono::nanoseconds span) {
    return sleep_until(Deadline::after(span));
}

}  // namespace baton::async
