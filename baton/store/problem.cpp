#include "baton/store/problem.hpp"

#include "baton/base/error.hpp"
#include "baton/pg/error.hpp"

#include <utility>

namespace baton::store {

async::Task<std::string> problem_of(async::Task<void> step) {
    std::string problem;
    try {
        co_await std::move(step);
    } catch (const pg::FenceRefused&) {
        throw;
    } catch (const Cancelled&) {
        throw;
    } catch (const Error& error) {
        problem = error.what();
    }
    co_return problem;
}

}  // namespace baton::store
