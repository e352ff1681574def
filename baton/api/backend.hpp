#pragma once

#include "baton/api/accounts.hpp"
#include "baton/api/authenticator.hpp"
#include "baton/api/services.hpp"

#include <algorithm>

namespace baton::api {

/// What the handlers of all routes share; lives as long as the Api.
class Backend {
  public:
    Backend(ApiSettings given_settings, Services given_services)
        : settings(std::move(given_settings)),
          services(std::move(given_services)),
          stored_accounts_(services.pool),
          accounts(services.accounts ? *services.accounts : stored_accounts_),
          authenticator(accounts, *services.clock, settings.session_timeout) {}
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    const ApiSettings settings;
    const Services services;

  private:
    StoredAccounts stored_accounts_;

  public:
    Accounts& accounts;
    Authenticator authenticator;

    /// REQUIRES: a pool was given (tests do without).
    pg::Pool& pool() const { return *services.pool; }
    /// Limit of what must not keep a caller of the leader waiting once the database is silent.
    std::chrono::nanoseconds short_timeout() const {
        return std::min(settings.query_timeout, settings.silence_limit);
    }
    /// Its timeout is the short one. Throws NotLeading on a standby.
    store::Writer writer() const;
};

}  // namespace baton::api
