#pragma once

#include "baton/base/uuid.hpp"

#include <cstdint>
#include <string>

namespace baton::pg {

/// Proof of leadership that every writing transaction carries (leadership.md section 4). A plain value here;
/// `lease` makes it.
struct Fence {
    std::int64_t epoch = 0;
    Uuid token;
    /// The statement that checks it, last before COMMIT: baton.fence_3($1 epoch, $2 token), schema-qualified,
    /// e.g. "select baton.fence_3($1, $2)". Made by lease because the own schema's name depends on the
    /// product schema.
    std::string statement;
    /// The one right after BEGIN, with the same parameters: takes the lock, compares epoch and token only.
    std::string opening_statement;
    /// Quoted name of the own schema ("baton"), for statements of `store` that write its tables.
    std::string own_schema;
};

}  // namespace baton::pg
