#include "baton/lease/token_lock.hpp"

#include "baton/base/error.hpp"
#include "baton/lease/schemas.hpp"

#include <utility>

namespace baton::lease {

namespace {

/// As fence_3 reads it from the token.
std::int32_t key_of(const Uuid& token) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i)
        bits = bits << 8 | token.bytes[i];
    return static_cast<std::int32_t>(bits);
}

}  // namespace

AdvisoryKey token_key(const Uuid& token) {
    return AdvisoryKey::of(token_class, key_of(token));
}

pg::Statement lock_token(const AdvisoryKey& advisory, const Uuid& token) {
    pg::Params params;
    params.add(std::int64_t{key_of(token)});
    // A parameter, so that the text is the same for each token and can be prepared ahead.
    return {
        "select pg_try_advisory_lock(" + std::to_string(token_class) + ", $1::int) where " + advisory.held(),
        std::move(params)};
}

void require_token_lock(const pg::Result& answer) {
    if (!answer.empty() && answer[0].boolean(0)) return;
    throw Error(
        "the lock that proves a leader's advisory lock to its writers is held by another session; another "
        "token will be tried");
}

async::Task<void> unlock_with_token(LockSession& session, AdvisoryKey advisory, Uuid token,
                                    std::chrono::nanoseconds limit) {
    std::vector<pg::Statement> statements;
    statements.push_back({"select pg_advisory_unlock(" + token_key(token).arguments() + ")", {}});
    statements.push_back({"select pg_advisory_unlock(" + advisory.arguments() + ")", {}});
    co_await session.pipeline(std::move(statements), limit);
}

}  // namespace baton::lease
