#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/pg/pool.hpp"
#include "baton/store/key_rings.hpp"

#include <cstdint>

namespace baton::app {

// Reads for an instance that may stand before a database without tables: what is not there yet is empty.

async::Task<store::StoredKeyRing> read_ring_if_present(pg::Pool& pool, async::Deadline deadline);
async::Task<std::int64_t> count_users_if_present(pg::Pool& pool, async::Deadline deadline);

}  // namespace baton::app
