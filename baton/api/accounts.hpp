#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/model/user.hpp"
#include "baton/store/users.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace baton::api {

/// Users and sessions as the login code sees them: the database, or a stub in tests. Sessions are written by
/// any instance, leading or not.
class Accounts {
  public:
    virtual ~Accounts() = default;
    virtual async::Task<std::optional<model::User>> find_user(std::string email,
                                                              async::Deadline deadline) = 0;
    virtual async::Task<bool> has_second_factor(std::string email, async::Deadline deadline) = 0;
    virtual async::Task<std::optional<store::TokenRecord>> find_token(std::string access_key,
                                                                      async::Deadline deadline) = 0;
    virtual async::Task<void> create_session(std::string id, std::string email, async::Deadline deadline) = 0;
    virtual async::Task<void> delete_session(std::string id, async::Deadline deadline) = 0;
    virtual async::Task<store::SessionCheck> touch_session(std::string id, std::chrono::nanoseconds timeout,
                                                           async::Deadline deadline) = 0;
    virtual async::Task<void> reap_sessions(std::chrono::nanoseconds older_than,
                                            async::Deadline deadline) = 0;
};

/// Over the functions of baton/store. The pool outlives it.
class StoredAccounts : public Accounts {
  public:
    explicit StoredAccounts(pg::Pool* pool) : pool_(pool) {}
    async::Task<std::optional<model::User>> find_user(std::string email, async::Deadline deadline) override;
    async::Task<bool> has_second_factor(std::string email, async::Deadline deadline) override;
    async::Task<std::optional<store::TokenRecord>> find_token(std::string access_key,
                                                              async::Deadline deadline) override;
    async::Task<void> create_session(std::string id, std::string email, async::Deadline deadline) override;
    async::Task<void> delete_session(std::string id, async::Deadline deadline) override;
    async::Task<store::SessionCheck> touch_session(std::string id, std::chrono::nanoseconds timeout,
                                                   async::Deadline deadline) override;
    async::Task<void> reap_sessions(std::chrono::nanoseconds older_than, async::Deadline deadline) override;

  private:
    pg::Pool* pool_;
};

}  // namespace baton::api
