#pragma once

#include "baton/base/big_int.hpp"
#include "baton/pg/fence.hpp"
#include "baton/pg/pool.hpp"

#include <optional>
#include <string>

namespace baton::store {

/// What a server process has to learn before the first run of an epoch: rows of the catalogue, and plans.
struct Rehearsal {
    /// Quoted.
    std::string own_schema;
    std::optional<BigInt> chain_id;
    /// Of the Baton that leads, if one does.
    std::optional<pg::Fence> fence;
};

/// Has each of so many sessions of the pool read what a new leader reads first, and plan what it writes
/// first: in a takeover that takes as long as the takeover itself. Writes nothing. Other users of the pool
/// wait meanwhile or have sessions opened. An epoch that is over by then is no error. Throws
/// pg::StatementFailed where a table or a function is not there, and what the pool throws.
async::Task<void> rehearse(pg::Pool& pool, int sessions, Rehearsal what, async::Deadline deadline);

}  // namespace baton::store
