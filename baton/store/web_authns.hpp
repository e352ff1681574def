#pragma once

#include "baton/pg/pool.hpp"

#include <string>

namespace baton::store {

/// Whether the user enrolled a security key, so that the password alone must not let him in.
async::Task<bool> has_second_factor(pg::Pool& pool, std::string email, async::Deadline deadline);

}  // namespace baton::store
