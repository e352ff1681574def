#pragma once

#include "baton/api/accounts.hpp"
#include "baton/api/router.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/secret.hpp"
#include "baton/net/http_message.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

namespace baton::api {

/// Says who sent a request (reference/rest-api.md section 3). What was proved is believed for one second
/// without asking the database again, so that thousands of requests per second do not each update the
/// session's row; a logout on this instance takes effect at once, one on another instance, a change of role
/// or a deleted token within two seconds: while one request asks again the others go on.
class Authenticator {
  public:
    /// `accounts` and `clock` outlive it.
    Authenticator(Accounts& accounts, const Clock& clock, std::chrono::nanoseconds session_timeout);

    void set_cookie_key(Secret key) { cookie_key_ = std::move(key); }
    /// Throws Problem 503 while it is not known, as in the first moments of an instance.
    void require_cookie_key() const;
    const Secret& cookie_key() const { return cookie_key_; }

    /// Fills in user and session id. Throws Problem 401 with v1.11.0's texts, 503 for a cookie that cannot be
    /// checked yet; an error of the database is
    /// rethrown.
    async::Task<void> authenticate(Login login, RequestContext& context);
    /// A session ended here.
    void forget_session(const std::string& id);

    /// The id in the request's session cookie; nothing without a cookie that this node signed.
    std::optional<std::string> session_of(const net::Request& request) const;

  private:
    struct Proof {
        model::User user;
        /// Empty for a token.
        std::string session_id;
        BootClock::time_point until{};
    };
    async::Task<bool> by_token(RequestContext& context);
    async::Task<void> by_cookie(RequestContext& context);
    const Proof* recently_proved(const std::string& what) const;
    void remember(std::string what, Proof proof);

    Accounts* accounts_;
    const Clock* clock_;
    std::chrono::nanoseconds session_timeout_;
    Secret cookie_key_;
    std::unordered_map<std::string, Proof> proved_;
};

/// What users.token_hashed_secret holds (section 3.4).
std::string hash_token(const std::string& access_key, const std::string& secret, const std::string& salt);

}  // namespace baton::api
