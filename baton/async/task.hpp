#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace baton::async {

/// Where code runs. Received by value, kept as long as needed; never the loop itself.
using Executor = boost::asio::any_io_executor;

/// A coroutine that gives a T. Lazy: nothing happens before somebody awaits it or a TaskGroup spawns it.
/// Cancelled by its owner; a cancelled wait throws baton::Cancelled (or boost::system::system_error with
/// operation_aborted from Asio itself; both mean the same).
template <typename T = void>
using Task = boost::asio::awaitable<T, Executor>;

/// The executor that the calling coroutine runs on.
Task<Executor> current_executor();

}  // namespace baton::async
