#include "baton/app/reads_if_present.hpp"

#include "baton/store/users.hpp"

namespace baton::app {

/// Before the first migration there is no ring.
async::Task<store::StoredKeyRing> read_ring_if_present(pg::Pool& pool, async::Deadline deadline) {
    store::StoredKeyRing ring;
    try {
        ring = co_await store::read_key_ring(pool, deadline);
    } catch (const pg::StatementFailed& error) {
        if (error.sqlstate() != "42P01") throw;
    }
    co_return ring;
}

async::Task<std::int64_t> count_users_if_present(pg::Pool& pool, async::Deadline deadline) {
    std::int64_t count = 0;
    try {
        count = co_await store::count_users(pool, deadline);
    } catch (const pg::StatementFailed& error) {
        if (error.sqlstate() != "42P01") throw;
    }
    co_return count;
}

}  // namespace baton::app
