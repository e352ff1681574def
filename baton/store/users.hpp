#pragma once

#include "baton/model/user.hpp"
#include "baton/store/writer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::store {

async::Task<std::int64_t> count_users(pg::Pool& pool, async::Deadline deadline);
async::Task<std::vector<model::User>> list_users(pg::Pool& pool, async::Deadline deadline);
/// Compared without regard to case.
async::Task<std::optional<model::User>> find_user(pg::Pool& pool, std::string email,
                                                  async::Deadline deadline);
async::Task<void> create_user(Writer writer, std::string email, std::string hashed_password,
                              model::Role role);

/// API token as stored: key -> user, salt and hashed secret; empty when there is no such key.
struct TokenRecord {
    model::User user;
    std::string salt;
    std::string hashed_secret;
};
async::Task<std::optional<TokenRecord>> find_token(pg::Pool& pool, std::string access_key,
                                                   async::Deadline deadline);

/// `sessions` is written by any instance, unfenced, by session id alone (design G1).
async::Task<void> create_session(pg::Pool& pool, std::string id, std::string email, async::Deadline deadline);
async::Task<void> delete_session(pg::Pool& pool, std::string id, async::Deadline deadline);
enum class SessionState { valid, expired, unknown };
struct SessionCheck {
    SessionState state = SessionState::unknown;
    std::optional<model::User> user;
};
/// Looks up the session and, when it is valid, sets last_used = now().
async::Task<SessionCheck> touch_session(pg::Pool& pool, std::string id, std::chrono::nanoseconds timeout,
                                        async::Deadline deadline);
async::Task<void> reap_sessions(pg::Pool& pool, std::chrono::nanoseconds older_than,
                                async::Deadline deadline);

}  // namespace baton::store
