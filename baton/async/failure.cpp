#include "baton/async/failure.hpp"

#include <utility>

namespace baton::async {

Task<std::exception_ptr> failure_of(Task<void> work) {
    std::exception_ptr failure;
    try {
        co_await std::move(work);
    } catch (...) {
        failure = std::current_exception();
    }
    co_return failure;
}

}  // namespace baton::async
