#include "baton/api/authenticator.hpp"

#include "baton/api/problem.hpp"
#include "baton/crypto/session_cookie.hpp"
#include "baton/crypto/sha.hpp"

namespace baton::api {

namespace {

constexpr auto believed_for = std::chrono::seconds(1);
/// Above this, what is no longer believed is thrown out.
constexpr std::size_t many_proofs = 1000;

/// The value of the first cookie of that name (RFC 6265 section 4.2).
std::optional<std::string> cookie_value(const net::Request& request, std::string_view name) {
    for (const auto& header : request.headers.all("Cookie")) {
        std::string_view rest = header;
        while (!rest.empty()) {
            const auto semicolon = rest.find(';');
            auto pair = rest.substr(0, semicolon);
            rest = semicolon == std::string_view::npos ? std::string_view() : rest.substr(semicolon + 1);
            while (pair.starts_with(' '))
                pair.remove_prefix(1);
            while (pair.ends_with(' '))
                pair.remove_suffix(1);
            const auto equals = pair.find('=');
            if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
            auto value = pair.substr(equals + 1);
            if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
                value = value.substr(1, value.size() - 2);
            return std::string(value);
        }
    }
    return std::nullopt;
}

/// Key of the memory of proofs for a token: the secret itself is not kept.
std::string token_proof(const std::string& access_key, const std::string& secret) {
    return "token:" + to_hex(crypto::sha256(as_bytes(access_key + "\n" + secret)).view());
}

}  // namespace

std::string hash_token(const std::string& access_key, const std::string& secret, const std::string& salt) {
    return to_hex(crypto::sha3_256(as_bytes("v0-" + access_key + "-" + secret + "-" + salt)).view());
}

Authenticator::Authenticator(Accounts& accounts, const Clock& clock, std::chrono::nanoseconds session_timeout)
    : accounts_(&accounts), clock_(&clock), session_timeout_(session_timeout) {}

async::Task<void> Authenticator::authenticate(Login login, RequestContext& context) {
    if (login == Login::none) co_return;
    if (login == Login::token_or_cookie) {
        const bool proved = co_await by_token(context);
        if (proved) co_return;
    }
    co_await by_cookie(context);
}

async::Task<bool> Authenticator::by_token(RequestContext& context) {
    const std::string access_key(context.request.headers.get("X-API-KEY"));
    const std::string secret(context.request.headers.get("X-API-SECRET"));
    if (access_key.empty() || secret.empty()) co_return false;
    auto proof = token_proof(access_key, secret);
    if (const auto* recent = recently_proved(proof)) {
        context.user = recent->user;
        co_return true;
    }
    const auto record = co_await accounts_->find_token(access_key, context.deadline);
    if (!record) co_return false;
    const auto hashed = hash_token(access_key, secret, record->salt);
    if (!equal_constant_time(as_bytes(hashed), as_bytes(record->hashed_secret))) co_return false;
    context.user = record->user;
    remember(std::move(proof), {record->user, {}, {}});
    co_return true;
}

std::optional<std::string> Authenticator::session_of(const net::Request& request) const {
    if (cookie_key_.empty()) return std::nullopt;
    const auto cookie = cookie_value(request, crypto::session_cookie_name);
    if (!cookie) return std::nullopt;
    auto id = crypto::read_session_cookie(cookie_key_, *cookie, clock_->wall());
    if (!id || id->empty()) return std::nullopt;
    return id;
}

void Authenticator::require_cookie_key() const {
    if (cookie_key_.empty())
        throw Problem(503, "the key that signs session cookies is not known yet; try again in a moment");
}

async::Task<void> Authenticator::by_cookie(RequestContext& context) {
    // Whoever is logged in elsewhere must not be told that he is not, because this instance has just begun.
    if (cookie_value(context.request, crypto::session_cookie_name)) require_cookie_key();
    // A cookie that was proved a moment ago is not read again: its signature costs more than the rest.
    auto proof = "cookie:" + cookie_value(context.request, crypto::session_cookie_name).value_or("");
    if (const auto* recent = recently_proved(proof)) {
        context.session_id = recent->session_id;
        context.user = recent->user;
        co_return;
    }
    const auto id = session_of(context.request);
    if (!id) throw Problem(401, "Authentication failed");
    context.session_id = *id;
    // One request asks for all that come meanwhile: each look writes the session's row, and many would queue
    // for it.
    const auto known = proved_.find(proof);
    if (known != proved_.end()) known->second.until = clock_->steady() + believed_for;
    store::SessionCheck check;
    std::exception_ptr failed;
    try {
        check = co_await accounts_->touch_session(*id, session_timeout_, context.deadline);
    } catch (...) {
        failed = std::current_exception();
    }
    if (failed || check.state != store::SessionState::valid) proved_.erase(proof);
    if (failed) std::rethrow_exception(failed);
    switch (check.state) {
        case store::SessionState::unknown:
            throw Problem(401, "no matching user for provided session token: sql: no rows in result set");
        case store::SessionState::expired:
            throw Problem(401, "session missing or expired, please login again");
        case store::SessionState::valid:
            break;
    }
    context.user = *check.user;
    remember(std::move(proof), {*check.user, *id, {}});
}

const Authenticator::Proof* Authenticator::recently_proved(const std::string& what) const {
    const auto found = proved_.find(what);
    if (found == proved_.end() || clock_->steady() >= found->second.until) return nullptr;
    return &found->second;
}

void Authenticator::remember(std::string what, Proof proof) {
    const auto now = clock_->steady();
    if (proved_.size() >= many_proofs)
        std::erase_if(proved_, [now](const auto& entry) { return now >= entry.second.until; });
    proof.until = now + believed_for;
    proved_.insert_or_assign(std::move(what), std::move(proof));
}

void Authenticator::forget_session(const std::string& id) {
    std::erase_if(proved_, [&](const auto& entry) { return entry.second.session_id == id; });
}

}  // namespace baton::api
