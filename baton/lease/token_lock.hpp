#pragma once

#include "baton/base/uuid.hpp"
#include "baton/lease/advisory_lock.hpp"

namespace baton::lease {

/// The lock by which fence_3 sees that the session with the advisory lock of v1.11.0 is alive: that very
/// session holds it from before the epoch is raised until just before it gives the advisory lock back
/// (docs/decisions/token-lock.md). Its key is made of the epoch's token, so that no other epoch's session
/// counts.
AdvisoryKey token_key(const Uuid& token);

/// Takes it, if the session holds `advisory`; no row otherwise. For wait_for_lock() on `advisory`.
pg::Statement lock_token(const AdvisoryKey& advisory, const Uuid& token);
/// Throws Error when the answer of lock_token() says that it is not held: somebody else holds the key, who
/// would be taken for this session.
void require_token_lock(const pg::Result& answer);

/// Gives both back, the token lock first. REQUIRES: both held.
async::Task<void> unlock_with_token(LockSession& session, AdvisoryKey advisory, Uuid token,
                                    std::chrono::nanoseconds limit);

}  // namespace baton::lease
