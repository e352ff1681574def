#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <exception>

namespace baton::async {

/// Where code runs. Received by value, kept as long as needed; never the loop itself.
using Executor = boost::asio::any_io_executor;

/// A coroutine that gives a T. Lazy: nothing happens before somebody awaits it or a TaskGroup spawns it.
/// Cancelled by its owner; a cancelled wait throws baton::Cancelled (or boost::system::system_error with
/// operation_aborted from Asio itself; both mean the same).
/// Never put co_await into the condition of if, while or switch: GCC 12 makes wrong code of it (README.md).
template <typename T = void>
using Task = boost::asio::awaitable<T, Executor>;

/// The executor that the calling coroutine runs on.
Task<Executor> current_executor();

/// True for both forms that a cancellation takes: baton::Cancelled and Asio's operation_aborted.
bool is_cancellation(const std::exception_ptr& error);

/// `co_await shield_cancellation();` lets the rest of the calling task, and what it awaits, wait again after
/// it was cancelled, and makes it deaf to further cancellation. For clean-ups that have to await something
/// (TaskGroup::stop(), a last write): from the moment a task is cancelled every co_await of a Task in it
/// throws, also in its clean-up, until this is called. Bound what follows by a deadline: nobody can interrupt
/// it any more. Not a Task, because awaiting a Task is just what would throw. Never throws.
inline auto shield_cancellation() {
    return boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
}

}  // namespace baton::async
