#include "baton/api/answers.hpp"
#include "baton/api/json_input.hpp"
#include "baton/api/presenters.hpp"
#include "baton/api/problem.hpp"
#include "baton/api/routes.hpp"
#include "baton/crypto/bcrypt.hpp"
#include "baton/crypto/session_cookie.hpp"

#include <array>
#include <ctime>

namespace baton::api {

namespace {

struct Credentials {
    std::string email;
    Secret password;
};

Credentials read_credentials(const std::string& body) {
    try {
        const JsonInput input(body, "sessions.SessionRequest");
        input.text("webauthndata");  // not used here, and refused when it is no text
        return {input.text("email"), Secret(input.text("password"))};
    } catch (const InvalidInput& error) {
        throw Problem(400, std::string("error binding json ") + error.what());
    }
}

/// RFC 9110 section 5.6.7.
std::string http_date(WallTime time) {
    const std::time_t seconds =
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const auto length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return std::string(text.data(), length);
}

std::string set_cookie(const Backend& backend, const std::string& session_id) {
    const auto now = backend.services.clock->wall();
    std::string cookie(crypto::session_cookie_name);
    cookie += "=" + crypto::make_session_cookie(backend.authenticator.cookie_key(), session_id, now);
    cookie += "; Expires=" + http_date(now + crypto::session_cookie_age);
    cookie += "; Max-Age=" + std::to_string(crypto::session_cookie_age.count()) + "; HttpOnly";
    if (backend.settings.secure_cookies) cookie += "; Secure";
    return cookie;
}

std::string session_document(bool authenticated) {
    JsonWriter out;
    out.begin_object().key("data");
    write_session(out, authenticated);
    out.end_object();
    return out.take();
}

async::Task<bool> password_matches(Backend& backend, Secret password, std::string hash) {
    std::function<bool()> check = [password = std::move(password), hash = std::move(hash)] {
        return crypto::bcrypt_matches(password, hash);
    };
    co_return co_await backend.services.workers->run(std::move(check));
}

/// Old rows go with a login or logout, as in v1.11.0. Whoever logs in does not suffer from a failure.
async::Task<void> reap(Backend& backend, async::Deadline deadline) {
    try {
        const auto age = backend.settings.session_timeout + backend.settings.session_reaper_expiration;
        co_await backend.accounts.reap_sessions(age, deadline);
    } catch (const Cancelled&) {
        throw;
    } catch (const Error& error) {
        backend.services.log.warn(std::string("Old sessions were not deleted: ") + error.what());
    }
}

void warn_of_lost_cookie(const Backend& backend, const net::Request& request) {
    const bool behind_tls = request.over_tls || request.headers.get("X-Forwarded-Proto") == "https";
    if (!backend.settings.secure_cookies || behind_tls) return;
    backend.services.log.warn(
        "Login over plain HTTP while SECURE_COOKIES is true: browsers drop the session cookie. "
        "Use HTTPS or set SECURE_COOKIES=false");
}

async::Task<net::Response> create_session(Backend& backend, RequestContext& context) {
    const auto credentials = read_credentials(context.request.body);
    const auto user = co_await backend.accounts.find_user(credentials.email, context.deadline);
    if (!user) throw Problem(401, "sql: no rows in result set");
    const bool matches = co_await password_matches(backend, credentials.password, user->hashed_password);
    if (!matches) throw Problem(401, "Invalid password");
    const bool second_factor = co_await backend.accounts.has_second_factor(user->email, context.deadline);
    if (second_factor) {
        throw Problem(
            401,
            "MFA Error: this user has a security key, which this version of Baton cannot ask for; use an "
            "API token");
    }
    backend.authenticator.require_cookie_key();
    const auto id = Uuid::random(*backend.services.random).to_dashless();
    co_await backend.accounts.create_session(id, user->email, context.deadline);
    co_await reap(backend, context.deadline);
    warn_of_lost_cookie(backend, context.request);
    auto response = document(session_document(true));
    response.headers.set("Set-Cookie", set_cookie(backend, id));
    co_return response;
}

async::Task<net::Response> delete_session(Backend& backend, RequestContext& context) {
    co_await backend.accounts.delete_session(context.session_id, context.deadline);
    backend.authenticator.forget_session(context.session_id);
    co_await reap(backend, context.deadline);
    co_return document(session_document(false));
}

}  // namespace

void add_session_routes(std::vector<Route>& routes) {
    routes.push_back({.method = "POST",
                      .pattern = "/sessions",
                      .handler = create_session,
                      .login = Login::none,
                      .limited_as_login = true,
                      .on_any_instance = true});
    routes.push_back({.method = "DELETE",
                      .pattern = "/sessions",
                      .handler = delete_session,
                      .login = Login::cookie,
                      .on_any_instance = true});
}

}  // namespace baton::api
