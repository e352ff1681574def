#pragma once

#include "baton/lease/lease.hpp"
#include "baton/lease/lock_session.hpp"

#include <string>

namespace baton::lease {

/// Class of the watch lock; its key is OwnSchema::fence_key, and the fence lock has the class after it
/// (leadership.md, Keys).
constexpr std::int32_t watch_class = 1112690767;
constexpr std::int32_t fence_class = 1112690768;
/// Class of the token lock (token_lock.hpp); @fence_class@ + 2 in fence_3.
constexpr std::int32_t token_class = fence_class + 2;

/// What an instance finds in the database before it touches any lock.
struct Schemas {
    pg::OwnSchema names;
    /// The tables of the own schema are there.
    bool own_tables = false;
    /// All its migrations that this program knows are applied; that stays so.
    bool own_up_to_date = false;
};

/// The product's schema is the one that holds lease_lock, else current_schema(). Throws StartRefused when
/// there is neither, or when the own schema is absent and the role may not create it; its text names the one
/// statement to run.
async::Task<Schemas> find_schemas(LockSession& session, std::chrono::nanoseconds limit);

}  // namespace baton::lease
